"""The job runs behind a run's steps, found by the run id among their arguments, and where their logs are.

They stand in the run's record: Glue forgets them after 90 days, and the local AWS when it ends; their logs stay longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lake.run_identity import RUN_ARGUMENTS
from pipeline.job_log import JobLog
from pipeline.pages import every
from pipeline.steps import PIPELINE, Kind

if TYPE_CHECKING:
    from types_boto3_glue import GlueClient

JOBS = tuple(step.name for step in PIPELINE.of(Kind.JOB))


@dataclass(frozen=True, kw_only=True)
class JobRuns:
    """All runs of the steps' jobs; a job is asked once, for a long history is many pages. `jobs`: by step, its job."""

    glue: GlueClient
    jobs: Mapping[str, str]
    _read: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)

    def all(self, step: str) -> list[Mapping[str, Any]]:
        """As Glue lists them."""
        if step not in self._read:
            self._read[step] = list(every(self.glue.get_job_runs, "JobRuns", JobName=self.jobs[step]))
        return self._read[step]

    def of_run(self, step: str, run_id: str) -> list[Mapping[str, Any]]:
        """Those that this run started, oldest first."""
        mine = (
            run for run in self.all(step) if any(run.get("Arguments", {}).get(name) == run_id for name in RUN_ARGUMENTS)
        )
        return sorted(mine, key=lambda run: run["StartedOn"])


@dataclass(frozen=True, kw_only=True)
class LoggedRun:
    """A job run, its state as Glue says it, and where it logs."""

    step: str
    job_run: str
    state: str
    log_groups: tuple[str, ...]


def logged_runs(run_id: str | None, job_runs: JobRuns) -> Iterator[LoggedRun]:
    """Each job run of a run, by step."""
    for step in JOBS if run_id else ():
        for run in job_runs.of_run(step, str(run_id)):
            log = JobLog.of(run)
            groups = tuple(log.groups) if log else ()
            yield LoggedRun(step=step, job_run=run["Id"], state=run["JobRunState"], log_groups=groups)
