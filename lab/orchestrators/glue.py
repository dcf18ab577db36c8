"""Client of the Glue Workflow: the outcome is read from the run's graph and Statistics.

A workflow run is COMPLETED even if its actions failed, so that word is never taken for success
(https://docs.aws.amazon.com/glue/latest/webapi/API_WorkflowRunStatistics.html).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lab.orchestrators.run_state import RunState, Status, StepRun, judged
from pipeline.glue_message import run_error
from pipeline.steps import PIPELINE, Pipeline

if TYPE_CHECKING:
    from types_boto3_glue import GlueClient

STEP_STATUS = {
    "SUCCEEDED": Status.SUCCEEDED,
    "FAILED": Status.FAILED,
    "ERROR": Status.FAILED,
    "EXPIRED": Status.FAILED,
    "CANCELLED": Status.FAILED,
    "TIMEOUT": Status.TIMED_OUT,
    "STOPPED": Status.STOPPED,
}
BAD_COUNTS = {
    "FailedActions": Status.FAILED,
    "ErroredActions": Status.FAILED,
    "TimeoutActions": Status.TIMED_OUT,
    "StoppedActions": Status.STOPPED,
}


class GlueWorkflow:
    """`nodes` maps the name of a job or crawler to its step."""

    lane = "glue"

    def __init__(
        self, *, glue: GlueClient, workflow: str, nodes: dict[str, str], pipeline: Pipeline = PIPELINE
    ) -> None:
        self._glue = glue
        self._workflow = workflow
        self._nodes = nodes
        self._pipeline = pipeline

    def start(self) -> str:
        return self._glue.start_workflow_run(Name=self._workflow)["RunId"]

    def poll(self, run_id: str) -> RunState:
        run = self._glue.get_workflow_run(Name=self._workflow, RunId=run_id, IncludeGraph=True)["Run"]
        steps = self._steps(run.get("Graph", {}).get("Nodes", []))
        work = tuple(step.name for step in self._pipeline.working)
        state = RunState(
            status=_status(run),
            steps=steps,
            error=_error(run, steps),
            started_at=run.get("StartedOn"),
            ended_at=run.get("CompletedOn"),
        )
        return judged(state, required=work)

    def unhealthy(self) -> None:
        """A service without parts of ours."""

    def stop(self, run_id: str) -> None:
        if not self.poll(run_id).ended:
            self._glue.stop_workflow_run(Name=self._workflow, RunId=run_id)

    def _steps(self, nodes: Sequence[Mapping[str, Any]]) -> tuple[StepRun, ...]:
        found = {}
        for node in nodes:
            if (name := self._nodes.get(node["Name"])) is not None:
                found[name] = _step(name, node)
        return tuple(found.get(step.name, StepRun(name=step.name)) for step in self._pipeline.working)


def _step(name: str, node: Mapping[str, Any]) -> StepRun:
    runs = node.get("JobDetails", {}).get("JobRuns", [])
    tries = [(r.get("JobRunState"), r.get("StartedOn"), r.get("CompletedOn"), run_error(r)) for r in runs]
    crawls = node.get("CrawlerDetails", {}).get("Crawls", [])
    tries += [(c.get("State"), c.get("StartedOn"), c.get("CompletedOn"), c.get("ErrorMessage")) for c in crawls]
    if not tries:
        return StepRun(name=name)
    tries.sort(key=lambda one: one[1].timestamp() if one[1] else 0.0)
    state, _, ended_at, error = tries[-1]
    status = STEP_STATUS.get(state or "", Status.RUNNING)
    return StepRun(
        name=name,
        status=status,
        attempt=len(tries),
        started_at=tries[0][1],
        ended_at=ended_at if status != Status.RUNNING else None,
        error=error,
    )


def _status(run: Mapping[str, Any]) -> Status:
    if run["Status"] in ("RUNNING", "STOPPING"):
        return Status.RUNNING
    if run["Status"] == "STOPPED":
        return Status.STOPPED
    if run["Status"] != "COMPLETED":
        return Status.FAILED
    statistics = run.get("Statistics", {})
    return next((status for count, status in BAD_COUNTS.items() if statistics.get(count)), Status.SUCCEEDED)


def _error(run: Mapping[str, Any], steps: tuple[StepRun, ...]) -> str | None:
    failed = RunState(status=Status.FAILED, steps=steps).failed_step
    if failed is not None:
        return f"step {failed.name} {failed.status}: {failed.error or 'Glue gives no message'}"
    return run.get("ErrorMessage")
