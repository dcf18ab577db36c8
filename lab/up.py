"""`lab up`: brings up the local AWS in a process group of its own and waits until it answers.

Flows out: `.lab/local_aws/{pid,endpoint,log}`. Already up is fine and reported. Its Airflow starts
with it, so that it boots while other things are done.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from argparse import Namespace

from lab.clock import Clock
from lab.console import Console
from lab.control import Control
from lab.down import take_down
from lab.local_home import LocalHome
from lab.lock import only_one
from lab.named_user import check_named_user
from lab.processes import MARKER
from lab.worlds import DEFAULT, World, checked_name
from pipeline.errors import ConfigInvalid, PipelineError

BOUND_SECONDS = 60.0
# The user's own AWS must never be reached by mistake, nor be seen by what runs inside.
NOT_INHERITED = ("AWS_", "AIRFLOW_", "PYTHONPATH", "VIRTUAL_ENV")


class LocalAwsNotStarted(PipelineError):
    """The local AWS did not come up; its log says why."""


def command(arguments: Namespace, console: Console, home: LocalHome, clock: Clock) -> int:
    name = checked_name(arguments.world)
    endpoint, started = bring_up(console, home, clock, world=name, fresh=arguments.fresh)
    if started and home.world().is_deployed:
        deploy_again(console, home, clock)
    elif started:
        console.say(f"nothing is deployed in the world {name} yet; `lab deploy` does that")
        if waiting := Control(endpoint=endpoint).waiting():
            console.say(f"the world keeps data, which a deploy puts back: of {', '.join(waiting)}")
    else:
        console.say(f"the local AWS is already up at {endpoint}")
    console.result(endpoint)
    return 0


def bring_up(
    console: Console, home: LocalHome, clock: Clock, *, world: str = DEFAULT, fresh: bool = False
) -> tuple[str, bool]:
    """(endpoint, whether it was started now), with nothing deployed yet where it was started.

    Raises LocalAwsNotStarted; ConfigInvalid while another is at it, where the world that is up is not to be used or
    the user has no name.
    """
    check_named_user()
    with only_one(home.up_lock, doing="`lab up`"):
        endpoint = home.endpoint()
        if endpoint and Control(endpoint=endpoint).healthy():
            up = home.world().name
            if up != world or fresh:
                wanted = f"{world} afresh" if fresh else world
                raise ConfigInvalid(
                    f"the local AWS is up with the world {up}, and {wanted} was asked for; "
                    "`lab down` first: it keeps the data of the world that is up"
                )
            return endpoint, False
        take_down(home, clock)
        if fresh:
            home.world(world).clear()
        return _start(console, home, clock, home.world(world)), True


def deploy_again(console: Console, home: LocalHome, clock: Clock) -> None:
    """What was deployed in the world that is up, with its data; raises StacksNotDeployed."""
    # Imported here: the first start of a world needs no deployer.
    from lab.deploy import deploy
    from lab.target import local_target

    world = home.world()
    console.say(f"deploying again what was deployed in the world {world.name}")
    deploy(world.assembly, target=local_target(home), console=console, home=home, clock=clock)


def _start(console: Console, home: LocalHome, clock: Clock, world: World) -> str:
    shutil.rmtree(home.gateway, ignore_errors=True)
    home.state.mkdir(parents=True)
    home.world_file.write_text(world.name)
    port = _free_port()
    endpoint = f"http://127.0.0.1:{port}"
    console.say(f"starting the local AWS at {endpoint} (log: {home.shown(home.log)})")
    with home.log.open("ab") as log:
        gateway = subprocess.Popen(
            [
                *(sys.executable, "-m", "local_aws", "--state", str(home.state), "--port", str(port)),
                *("--airflow-venv", str(home.airflow_venv), "--prestart-airflow", "--world", str(world.state)),
                *("--spark4-venv", str(home.spark4_venv)),
            ],
            cwd=home.root,
            env=_environment(home),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    home.pid_file.write_text(str(gateway.pid))
    home.endpoint_file.write_text(endpoint)
    try:
        _wait(gateway, Control(endpoint=endpoint), home, clock)
    except BaseException:
        take_down(home, clock)
        raise
    return endpoint


def _environment(home: LocalHome) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
    return {**kept, MARKER: str(home.gateway), "PYTHONUNBUFFERED": "1"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(gateway: subprocess.Popen[bytes], control: Control, home: LocalHome, clock: Clock) -> None:
    until = clock.monotonic() + BOUND_SECONDS
    while not control.healthy():
        if gateway.poll() is not None:
            raise LocalAwsNotStarted(f"the local AWS ended with code {gateway.returncode}:\n{_tail(home)}")
        if clock.monotonic() > until:
            raise LocalAwsNotStarted(f"the local AWS gave no answer in {BOUND_SECONDS:.0f} s:\n{_tail(home)}")
        clock.sleep(0.1)


def _tail(home: LocalHome, lines: int = 15) -> str:
    return "\n".join(home.log.read_text(errors="replace").splitlines()[-lines:])
