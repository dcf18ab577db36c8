"""The job runs behind a run's steps, found by the run id among their arguments, and where their logs are.

They stand in the run's record: Glue forgets them after 90 days, and the local AWS when it ends; their logs stay longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lab.measure.pages import every
from pipeline.job_log import JobLog
from pipeline.steps import PIPELINE, Kind

JOBS = tuple(step.name for step in PIPELINE.steps if step.kind is Kind.JOB)
RUN_ARGUMENTS = ("--run_id", "--WORKFLOW_RUN_ID")


def job_runs_of(run_id: str, *, glue: Any, job: str) -> list[dict[str, Any]]:
    """The job's runs that this run started, oldest first."""
    mine = (
        run
        for run in every(glue.get_job_runs, "JobRuns", JobName=job)
        if any(run.get("Arguments", {}).get(name) == run_id for name in RUN_ARGUMENTS)
    )
    return sorted(mine, key=lambda run: run["StartedOn"])


def logged_runs(run_id: str | None, *, glue: Any, jobs: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """`{"step", "job_run", "state", "log_groups"}` of each, by step; `jobs` maps a step to its job."""
    for step in JOBS if run_id else ():
        for run in job_runs_of(str(run_id), glue=glue, job=jobs[step]):
            log = JobLog.of(run)
            groups = list(log.groups) if log else []
            yield {"step": step, "job_run": run["Id"], "state": run["JobRunState"], "log_groups": groups}
