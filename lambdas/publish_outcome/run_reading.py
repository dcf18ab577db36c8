"""Reads what a workflow run came to from its description: status, statistics and graph.

COMPLETED says only that nothing runs any more, failed actions or not; so the outcome is read from the statistics and
from the last step. Flows in: one run as GetWorkflowRuns gives it with its graph. Asks nothing of AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.glue_message import run_error
from pipeline.job_log import JobLog
from pipeline.names import Names
from pipeline.outcome import FAILED, SUCCEEDED, Outcome
from pipeline.steps import PIPELINE, Kind, Pipeline

ENDED = ("COMPLETED", "STOPPED", "ERROR")
RUNNING = ("STARTING", "RUNNING", "STOPPING", "WAITING", "CANCELLING")
BAD_COUNTS = ("FailedActions", "TimeoutActions", "ErroredActions", "StoppedActions")


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """The latest attempt of a step: Glue's state, the error line if it failed, and a job's log."""

    id: str | None
    state: str
    error: str | None = None
    log: JobLog | None = None

    @property
    def is_running(self) -> bool:
        """Whether it may still change."""
        return self.state in RUNNING


def has_ended(run: Mapping[str, Any]) -> bool:
    """Whether the run's status is final."""
    return run["Status"] in ENDED


def attempts(run: Mapping[str, Any], *, names: Names, lane: str, pipeline: Pipeline = PIPELINE) -> dict[str, Attempt]:
    """Latest attempts by step; a step that never started is not there."""
    steps = {resource: step for step, resource in names.resources(lane, pipeline).items()}
    found = {}
    for node in run.get("Graph", {}).get("Nodes", []):
        tried = [
            *(
                Attempt(id=job.get("Id"), state=job["JobRunState"], error=run_error(job), log=JobLog.of_failure(job))
                for job in _by_start(node.get("JobDetails", {}).get("JobRuns", []))
            ),
            *(
                Attempt(id=None, state=crawl["State"], error=crawl.get("ErrorMessage"))
                for crawl in _by_start(node.get("CrawlerDetails", {}).get("Crawls", []))
            ),
        ]
        if node["Name"] in steps and tried:
            found[steps[node["Name"]]] = tried[-1]
    return found


def outcome(run: Mapping[str, Any], *, names: Names, lane: str, pipeline: Pipeline = PIPELINE) -> Outcome:
    """What an ended run came to; succeeded only if it completed, nothing failed, and the last step succeeded."""
    tried = attempts(run, names=names, lane=lane, pipeline=pipeline)
    last = pipeline.notifying.after
    bad = {name: run.get("Statistics", {}).get(name, 0) for name in BAD_COUNTS}
    identity = {"pipeline": pipeline.name, "lane": lane, "run_id": run["WorkflowRunId"]}
    done = all(name in tried and tried[name].state == "SUCCEEDED" for name in last)
    if run["Status"] == "COMPLETED" and not any(bad.values()) and done:
        return Outcome(**identity, status=SUCCEEDED)
    failed = [step.name for step in pipeline.working if step.name in tried and tried[step.name].state != "SUCCEEDED"]
    absent = [step.name for step in pipeline.working if step.name not in tried]
    step = next(iter([*failed, *absent]), None)
    error = tried[step].error if step in tried else run.get("ErrorMessage")
    state = tried[step].state if step in tried else "never started"
    return Outcome(
        **identity,
        status=FAILED,
        failed_step=step,
        log=tried[step].log if step in tried else None,
        error=error or f"the run is {run['Status']}, {step} is {state}, {_counts(bad)}",
    )


def expects_more(run: Mapping[str, Any], *, names: Names, lane: str, pipeline: Pipeline = PIPELINE) -> bool:
    """Whether a step is running or is yet to start; if not, a run that is not ended is about to be."""
    tried = attempts(run, names=names, lane=lane, pipeline=pipeline)
    to_come: set[str] = set()
    passed = {before for step in pipeline.steps if step.name in tried for before in _upstream(pipeline, step.name)}
    for wave in pipeline.stages():
        for step in wave:
            # A resumed run leaves out what its predecessor did: what has started successors is done.
            if step.kind is Kind.NOTIFY or step.name in passed:
                continue
            if step.name in tried:
                if tried[step.name].is_running:
                    to_come.add(step.name)
            elif all(
                name in to_come or name in passed or (name in tried and tried[name].state == "SUCCEEDED")
                for name in step.after
            ):
                to_come.add(step.name)
    return bool(to_come)


def _by_start(tries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Oldest first; Glue does not say in which order it lists them."""
    return sorted(tries, key=lambda one: one["StartedOn"].timestamp() if "StartedOn" in one else 0)


def _upstream(pipeline: Pipeline, name: str) -> set[str]:
    after = pipeline.step(name).after
    return set(after).union(*(_upstream(pipeline, before) for before in after))


def _counts(bad: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in bad.items())
