"""`lab logs RUN [STEP]`: what the job runs of one run wrote, from CloudWatch Logs; the same on AWS.

Flows in: a kept run's id or its beginning. Flows out: lines by step and job run, the oldest first. The run's record
names its job runs; where it has none (it is older, or was interrupted), Glue is asked. These are the jobs' own words,
shown with control characters made visible.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lab.clock import Clock
from lab.console import Console
from lab.json_output import write_json_output
from lab.local_home import LocalHome
from lab.measure.job_runs import JOBS, JobRuns, LoggedRun, logged_runs
from lab.past_runs import find_run
from lab.plain_text import shown
from lab.target import aws_target, local_target
from pipeline.errors import ConfigInvalid
from pipeline.steps import PIPELINE

if TYPE_CHECKING:
    from types_boto3_logs import CloudWatchLogsClient

LINE_LIMIT = 10_000


def command(arguments: Namespace, console: Console, home: LocalHome, _clock: Clock) -> int:
    if arguments.step and arguments.step not in JOBS:
        raise ConfigInvalid(f"{arguments.step}: only jobs have a log here; they are {', '.join(JOBS)}")
    kept, run = find_run(arguments.run, home.past_runs)
    on = arguments.on or kept.on
    target = local_target(home) if on == "local" else aws_target()
    jobs = {step: target.names.resource(PIPELINE.step(step)) for step in JOBS}
    runs = run.job_runs or logged_runs(run.run_id, JobRuns(glue=target.client("glue"), jobs=jobs))
    found = list(logs_of((one for one in runs if arguments.step in (None, one.step)), logs=target.client("logs")))
    if arguments.json:
        write_json_output([asdict(one) for one in found], arguments.json, console)
    for line in text_of(found):
        console.result(line)
    lacking = lack(found, run_id=run.run_id or "", on=on, step=arguments.step)
    if lacking is None:
        return 0
    console.result(lacking)
    return 1


@dataclass(frozen=True, kw_only=True)
class JobLog:
    """What a job run wrote into one group, None where it wrote nothing or it is gone."""

    step: str
    job_run: str
    state: str
    group: str
    lines: list[str] | None


def lack(found: Sequence[JobLog], *, run_id: str, on: str, step: str | None) -> str | None:
    """Why there is no log at all, None where there is one."""
    if any(one.lines is not None for one in found):
        return None
    if found:
        return f"{shown(run_id)}: the logs of its job runs are not on {on}; deleted, expired, or another world's"
    return f"{shown(run_id)}: no job run{f' of {step}' if step else ''} is known on {on}"


def logs_of(runs: Iterable[LoggedRun], *, logs: CloudWatchLogsClient) -> Iterator[JobLog]:
    """Per job run and log group."""
    for run in runs:
        for group in run.log_groups:
            lines = _lines(logs, group, run.job_run)
            yield JobLog(step=run.step, job_run=run.job_run, state=run.state, group=group, lines=lines)


def text_of(found: Iterable[JobLog]) -> Iterator[str]:
    """A heading per log, its lines below."""
    for one in found:
        yield f"{one.step} {one.job_run} {one.state} ({one.group}{'' if one.lines else ', nothing there'})"
        yield from (f"  {shown(line, limit=LINE_LIMIT)}" for line in one.lines or ())


def _lines(logs: CloudWatchLogsClient, group: str, job_run: str) -> list[str] | None:
    """Stream after stream: an executor's lines between the driver's could not be told apart."""
    try:
        found = logs.get_paginator("describe_log_streams").paginate(logGroupName=group, logStreamNamePrefix=job_run)
        streams = [one["logStreamName"] for page in found for one in page["logStreams"]]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    return [line for stream in streams for line in _of_stream(logs, group, stream)] if streams else None


def _of_stream(logs: CloudWatchLogsClient, group: str, stream: str) -> Iterator[str]:
    """The last page is the one whose token is that of the page before it; a page may be empty before the last."""
    token: str | None = None
    while True:
        more: dict[str, Any] = {"nextToken": token} if token else {}
        page = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **more)
        yield from (event["message"] for event in page["events"])
        if page["nextForwardToken"] == token:
            return
        token = page["nextForwardToken"]
