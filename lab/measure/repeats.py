"""Why a job step was tried again: the earlier job runs of the same run, in Glue's own words.

Flows in: the steps of a run with more than one attempt. Flows out: a reason per repeated attempt. Job runs are found by
the run id among their arguments; a crawl's earlier attempts leave no reason that can be told from another run's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lab.orchestrators.run_state import StepRun
from lab.pages import every
from pipeline.glue_message import error_line
from pipeline.steps import PIPELINE, Kind

RUN_ARGUMENTS = ("--run_id", "--WORKFLOW_RUN_ID")


def job_runs_of(run_id: str, *, glue: Any, job: str) -> list[dict[str, Any]]:
    """The job's runs that this run started, oldest first."""
    mine = (
        run
        for run in every(glue.get_job_runs, "JobRuns", JobName=job)
        if any(run.get("Arguments", {}).get(name) == run_id for name in RUN_ARGUMENTS)
    )
    return sorted(mine, key=lambda run: run["StartedOn"])


def repeats_of(
    run_id: str | None, steps: tuple[StepRun, ...], *, glue: Any, jobs: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """`{"step", "job_run", "why"}` of each job run that another one followed."""
    for step in steps:
        if step.attempt < 2 or PIPELINE.step(step.name).kind is not Kind.JOB or run_id is None:
            continue
        for run in job_runs_of(run_id, glue=glue, job=jobs[step.name])[:-1]:
            why = error_line(run.get("ErrorMessage") or run["JobRunState"])
            yield {"step": step.name, "job_run": run["Id"], "why": why}
