"""`lab demo`: everything at once, on real data, with nothing but this checkout.

Up, deploy, run the three ways, report. A failure or Ctrl-C takes down what the demo brought up; success leaves
it up to be looked at.
"""

from __future__ import annotations

from argparse import Namespace

from lab.clock import Clock
from lab.console import Console
from lab.control import Control
from lab.deploy import deploy, synthesised
from lab.down import take_down
from lab.local_home import LocalHome
from lab.lock import only_one
from lab.run import compare, conclude
from lab.status import airflow_line
from lab.target import local_target
from lab.up import bring_up
from lab.worlds import DEMO
from pipeline.steps import LANES


def command(arguments: Namespace, console: Console, home: LocalHome, clock: Clock) -> int:
    with only_one(home.demo_lock, doing="a demo"):
        began = clock.monotonic()
        if home.world_file.is_file() and home.world().name == DEMO:
            # What an earlier demo left up is the demo's own, and begins anew; the user's world is not touched.
            take_down(home, clock)
        endpoint, _ = bring_up(console, home, clock, world=DEMO, fresh=True)
        try:
            succeeded = _demo(arguments, console, home, clock)
        except BaseException:
            console.say("taking down what the demo brought up")
            take_down(home, clock)
            raise
        console.say(f"the demo took {clock.monotonic() - began:.0f} s")
        if not succeeded:
            take_down(home, clock)
            return 1
        console.say(
            f"The local AWS stays up at {endpoint}. Look around with any AWS client:\n"
            f'  eval "$(.venv/bin/lab env)"\n'
            f"  aws glue get-tables --database-name {local_target(home).names.curated_database('glue')}\n"
            f"Airflow's web pages: {airflow_line(Control(endpoint=endpoint))}\n"
            f"  .venv/bin/lab run --on local --orchestrator all   (the same input again changes nothing)\n"
            f"  .venv/bin/lab run --on local --orchestrator glue --fault verify:fails\n"
            f"End it with .venv/bin/lab down"
        )
        return 0


def _demo(arguments: Namespace, console: Console, home: LocalHome, clock: Clock) -> bool:
    target = local_target(home)
    deploy(synthesised(target, console, home), target=target, console=console, home=home, clock=clock)
    comparison = compare(
        target,
        lanes=LANES,
        input_folder=None,
        rules=[],
        console=console,
        home=home,
        clock=clock,
    )
    return conclude(comparison, table=True, json_file=arguments.json, console=console, home=home) == 0
