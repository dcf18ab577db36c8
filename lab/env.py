"""`lab env`: what a shell must set so that any AWS client speaks to the local AWS: `eval "$(lab env)"`.

Flows in: the local AWS's address. Flows out: shell commands on stdout. Nothing that is set sends a call elsewhere: the
user's own profile and session are put out of sight.
"""

from __future__ import annotations

import os
import shlex
from argparse import Namespace

from lab.clock import Clock
from lab.console import Console
from lab.json_output import write_json_output
from lab.local_home import LocalHome
from lab.loopback import HOSTS
from lab.target import LOCAL_KEY, local_target

HIDDEN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")
# AWS CLI 1 sends `aws sqs` to queue.amazonaws.com whatever AWS_ENDPOINT_URL says, unless its command line names an
# endpoint (awscli/customizations/overridesslcommonname.py, tried with 1.46.3).
CLI = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }'


def command(arguments: Namespace, console: Console, home: LocalHome, _clock: Clock) -> int:
    target = local_target(home)
    variables = variables_of(endpoint=target.endpoint or "", region=target.names.region)
    if arguments.json:
        write_json_output(variables, arguments.json, console)
    console.result("\n".join(shell_lines(variables)))
    return 0


def variables_of(*, endpoint: str, region: str) -> dict[str, str]:
    """Environment variables, by name."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": LOCAL_KEY,
        "AWS_SECRET_ACCESS_KEY": LOCAL_KEY,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        # MWAA's hosts `api.` and `env.` cannot stand before a loopback address.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": ",".join(HOSTS),
        "no_proxy": ",".join(HOSTS),
    }


def shell_lines(variables: dict[str, str]) -> list[str]:
    """For sh, bash and zsh."""
    return [
        *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
        f"unset {' '.join(HIDDEN)}",
        CLI,
    ]
