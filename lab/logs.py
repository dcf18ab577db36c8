"""`lab logs RUN [STEP]`: what the job runs of one run wrote, from CloudWatch Logs; the same on AWS.

Flows in: a kept run's id or its beginning. Flows out: lines by step and job run, the oldest first. A job run is found
by the run id among its arguments. These are the jobs' own words, shown with control characters made visible.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from lab.clock import Clock
from lab.console import Console
from lab.json_output import write_json_output
from lab.local_home import LocalHome
from lab.measure.repeats import job_runs_of
from lab.past_runs import find_runs
from lab.plain_text import shown
from lab.target import aws_target, local_target
from pipeline.errors import ConfigInvalid
from pipeline.steps import PIPELINE, Kind

JOBS = tuple(step.name for step in PIPELINE.steps if step.kind is Kind.JOB)
LINE_LIMIT = 10_000


def command(arguments: Namespace, console: Console, home: LocalHome, _clock: Clock) -> int:
    if arguments.step and arguments.step not in JOBS:
        raise ConfigInvalid(f"{arguments.step}: only jobs have a log here; they are {', '.join(JOBS)}")
    kept = find_runs(arguments.run, home.past_runs)["runs"]
    ids = [run["run_id"] for run in kept if (run["run_id"] or "").startswith(arguments.run)]
    run_id = arguments.run if arguments.run in ids else ids[0]
    target = local_target(home) if arguments.on == "local" else aws_target()
    jobs = {step: target.names.job(step) for step in JOBS if arguments.step in (None, step)}
    found = list(logs_of(run_id, glue=target.client("glue"), logs=target.client("logs"), jobs=jobs))
    if arguments.json:
        write_json_output(found, arguments.json, console)
    if not found:
        console.result(f"{run_id}: no job run of it is known on {arguments.on}")
    for one in found:
        console.result(f"{one['step']} {one['job_run']} {one['state']} ({one['group']})")
        for line in one["lines"]:
            console.result(f"  {shown(line, limit=LINE_LIMIT)}")
    return 0 if found else 1


def logs_of(run_id: str, *, glue: Any, logs: Any, jobs: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Per job run and log group: step, job_run, state, group and lines; `jobs` maps a step to its job."""
    for step, job in jobs.items():
        for run in job_runs_of(run_id, glue=glue, job=job):
            for part in ("output", "error"):
                group = f"{run['LogGroupName'].rstrip('/')}/{part}"
                yield {
                    "step": step,
                    "job_run": run["Id"],
                    "state": run["JobRunState"],
                    "group": group,
                    "lines": list(_lines(logs, group, run["Id"])),
                }


def _lines(logs: Any, group: str, run_id: str) -> Iterator[str]:
    # Not FilterLogEvents: moto's passes over the prefix and gives every run's lines.
    try:
        found = logs.get_paginator("describe_log_streams").paginate(logGroupName=group, logStreamNamePrefix=run_id)
        for stream in [one["logStreamName"] for page in found for one in page["logStreams"]]:
            yield from _of_stream(logs, group, stream)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise


def _of_stream(logs: Any, group: str, stream: str) -> Iterator[str]:
    """The last page is the one whose token is that of the page before it."""
    token: str | None = None
    while True:
        more = {"nextToken": token} if token else {}
        page = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **more)
        yield from (event["message"] for event in page["events"])
        if page["nextForwardToken"] == token:
            return
        token = page["nextForwardToken"]
