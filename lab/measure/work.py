"""The work behind the steps, asked of Glue itself, so that one yardstick serves all orchestrators.

A step's work is what its crawls and job runs took; what an orchestrator adds around it (starting,
polling, waiting for its turn) is overhead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lab.measure.job_runs import JobRuns
from pipeline.pages import every
from pipeline.steps import Kind, Pipeline, Step

if TYPE_CHECKING:
    from types_boto3_glue import GlueClient


@dataclass(frozen=True, kw_only=True)
class Work:
    """One crawl or job run. `dpu` is None for a crawl: AWS does not say how many it used.

    `glue_version` and `execution_class` are a job run's, and choose its price.
    """

    step: Step
    started_at: datetime
    ended_at: datetime
    dpu: float | None = None
    glue_version: str = "5.1"
    execution_class: str = "STANDARD"

    @property
    def seconds(self) -> float:
        return max(0.0, (self.ended_at - self.started_at).total_seconds())


def work_of(
    pipeline: Pipeline,
    *,
    glue: GlueClient,
    job_runs: JobRuns,
    lane: str,
    resources: dict[str, str],
    since: datetime,
    until: datetime,
) -> tuple[Work, ...]:
    """What began between the two times for this lane; `resources` maps a crawl to its crawler."""
    found: list[Work] = []
    for step in pipeline.steps:
        if step.kind is Kind.JOB:
            found += _job_runs(job_runs.all(step.name), step, lane)
        elif step.kind is Kind.CRAWL:
            found += _crawls(glue, resources[step.name], step)
    return tuple(work for work in found if since <= work.started_at <= until)


def _job_runs(runs: Sequence[Mapping[str, Any]], step: Step, lane: str) -> list[Work]:
    return [
        Work(
            step=step,
            started_at=run["StartedOn"],
            ended_at=run["CompletedOn"],
            dpu=run.get("MaxCapacity") or float(run.get("NumberOfWorkers", 2)),
            glue_version=run.get("GlueVersion", "5.1"),
            execution_class=run.get("ExecutionClass", "STANDARD"),
        )
        for run in runs
        if run.get("Arguments", {}).get("--lane") == lane and run.get("CompletedOn")
    ]


def _crawls(glue: GlueClient, crawler: str, step: Step) -> list[Work]:
    crawls = every(glue.list_crawls, "Crawls", CrawlerName=crawler)
    return [
        Work(step=step, started_at=crawl["StartTime"], ended_at=crawl["EndTime"])
        for crawl in crawls
        if crawl.get("EndTime")
    ]


def critical_path_seconds(pipeline: Pipeline, work: tuple[Work, ...]) -> float:
    """The longest chain of steps by work; attempts of one step add up."""
    finished: dict[str, float] = {}
    for stage in pipeline.stages():
        for step in stage:
            own = sum(one.seconds for one in work if one.step == step)
            finished[step.name] = own + max((finished[before] for before in step.after), default=0.0)
    return max(finished.values(), default=0.0)
