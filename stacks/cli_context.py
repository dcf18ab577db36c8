"""What stands on the command line of the CDK CLI, read before the CDK is loaded.

Flows in: the variable in which the CLI hands its context over, as JSON. Flows out: the chosen environment, and whether
this command looks at stacks only. A `-c` that nothing reads is refused: a default would be in force without a word.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Mapping
from typing import Any

from pipeline.errors import ConfigInvalid

VARIABLE = "CDK_CONTEXT_JSON"
OWN = "environment"
BUNDLING = "aws:cdk:bundling-stacks"
"""The stacks whose assets a command needs; none for `ls` and `destroy`, which neither read nor deploy a template."""


def chosen_environment(environ: Mapping[str, str] = os.environ) -> str | None:
    """The value of `cdk ... -c environment=prod`, or None; raises ConfigInvalid for any other `-c`."""
    context = _context(environ)
    for key in context:
        # Feature flags, the CLI's own keys and cached look-ups hold one of these; a word of ours does not.
        if key != OWN and not set(key) & set("@:/"):
            close = difflib.get_close_matches(key, [OWN], n=1)
            raise ConfigInvalid(
                f"-c {key}={context[key]} is read by nothing; "
                + (
                    f"did you mean -c {close[0]}={context[key]}?"
                    if close
                    else f"there is -c {OWN}=... only, and settings stand in config/ (look into ~/.cdk.json, too)"
                )
            )
    chosen = context.get(OWN)
    if chosen == "":
        raise ConfigInvalid(f"-c {OWN}= is empty; name one, e.g. -c {OWN}=prod, or leave it out")
    return chosen


def only_looks(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the command (`cdk ls`, `cdk destroy`) needs the stacks' names and no sound template."""
    return _context(environ).get(BUNDLING) == []


def _context(environ: Mapping[str, str]) -> dict[str, Any]:
    return json.loads(environ.get(VARIABLE, "{}"))
