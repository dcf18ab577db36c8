"""Why a job step was tried again: the earlier job runs of the same run, in Glue's own words.

Flows in: the steps of a run with more than one attempt. Flows out: a reason per repeated attempt. Job runs are found by
the run id among their arguments; a crawl's earlier attempts leave no reason that can be told apart from another run's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lab.measure.job_runs import JobRuns
from lab.orchestrators.run_state import StepRun
from pipeline.glue_message import run_error
from pipeline.steps import PIPELINE, Kind


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """A job run that another attempt followed, and why."""

    step: str
    job_run: str
    why: str


def repeats_of(run_id: str | None, steps: tuple[StepRun, ...], job_runs: JobRuns) -> Iterator[Repeat]:
    """Each job run that another one followed."""
    for step in steps:
        if step.attempt < 2 or PIPELINE.step(step.name).kind is not Kind.JOB or run_id is None:
            continue
        for run in job_runs.of_run(step.name, run_id)[:-1]:
            why = run_error(run) or run["JobRunState"]
            yield Repeat(step=step.name, job_run=run["Id"], why=why)
