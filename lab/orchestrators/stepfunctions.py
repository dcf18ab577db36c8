"""Client of the state machine: DescribeExecution says whether, GetExecutionHistory says where and when.

A step is one state or several (`crawl_raw`, `crawl_raw wait`...); a state belongs to the step that its
name begins with. A caught failure leaves an execution running on, so the step's own events are read.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lab.orchestrators.run_state import RunState, Status, StepRun, judged
from pipeline.glue_message import readable_cause
from pipeline.pages import every
from pipeline.steps import PIPELINE, Pipeline

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient

STATUS = {
    "RUNNING": Status.RUNNING,
    "PENDING_REDRIVE": Status.RUNNING,
    "SUCCEEDED": Status.SUCCEEDED,
    "FAILED": Status.FAILED,
    "TIMED_OUT": Status.TIMED_OUT,
    "ABORTED": Status.STOPPED,
}
# States that a failure leads to: "convert failed", "convert timed out", "crawl_raw ended badly".
FAILURE_STATES = {"failed": Status.FAILED, "timed out": Status.TIMED_OUT, "ended badly": Status.FAILED}
FAILURES = ("TaskFailed", "TaskSubmitFailed", "TaskStartFailed", "TaskTimedOut", "LambdaFunctionFailed")


class StateMachine:
    """`machine_arn` as deployed; run ids are execution names."""

    lane = "stepfunctions"

    def __init__(self, *, states: SFNClient, machine_arn: str, pipeline: Pipeline = PIPELINE) -> None:
        self._states = states
        self._machine_arn = machine_arn
        self._pipeline = pipeline

    def start(self) -> str:
        name = f"lab-{uuid.uuid4()}"
        self._states.start_execution(stateMachineArn=self._machine_arn, name=name, input="{}")
        return name

    def poll(self, run_id: str) -> RunState:
        arn = execution_arn(self._machine_arn, run_id)
        execution = self._states.describe_execution(executionArn=arn)
        events = list(self._history(arn))
        steps = steps_of(events, self._pipeline)
        status = STATUS[execution["status"]]
        if status != Status.RUNNING:
            steps = tuple(
                replace(step, status=Status.STOPPED) if step.status == Status.RUNNING else step for step in steps
            )
        cause = readable_cause(execution.get("cause") or "")
        error = f"{execution.get('error')}: {cause}" if cause else execution.get("error")
        state = RunState(
            status=status,
            steps=steps,
            started_at=execution["startDate"],
            ended_at=execution.get("stopDate"),
            error=error,
            transitions=transitions_of(events),
        )
        if state.ended and state.status != Status.SUCCEEDED:
            state = replace(state, error=_placed(state))
        return judged(state, required=tuple(step.name for step in self._pipeline.steps))

    def unhealthy(self) -> None:
        """A service without parts of ours."""

    def stop(self, run_id: str) -> None:
        self._states.stop_execution(
            executionArn=execution_arn(self._machine_arn, run_id), error="Stopped", cause="by the lab"
        )

    def _history(self, arn: str) -> Iterator[Mapping[str, Any]]:
        arguments = {"executionArn": arn, "maxResults": 1000, "includeExecutionData": True}
        return every(self._states.get_execution_history, "events", field="nextToken", **arguments)


def execution_arn(machine_arn: str, run_id: str) -> str:
    """Of the execution that is called like the run."""
    return machine_arn.replace(":stateMachine:", ":execution:") + f":{run_id}"


def steps_of(events: Sequence[Mapping[str, Any]], pipeline: Pipeline) -> tuple[StepRun, ...]:
    """Events in the order of their ids, as GetExecutionHistory gives them."""
    found = {step.name: StepRun(name=step.name) for step in pipeline.steps}
    state_at: dict[int, str] = {}
    for event in events:
        entered = event.get("stateEnteredEventDetails", {}).get("name")
        state = entered or state_at.get(event.get("previousEventId", 0), "")
        if event["type"] == "ParallelStateEntered":
            state = entered = ""  # named after its branches, it belongs to none of them
        state_at[event["id"]] = state
        step = found.get(state.split(" ")[0])
        if step is not None:
            found[step.name] = _after(step, event, state=state, entered=bool(entered))
    return tuple(found.values())


def _after(step: StepRun, event: Mapping[str, Any], *, state: str, entered: bool) -> StepRun:
    kind, at = event["type"], event["timestamp"]
    if entered and (ending := FAILURE_STATES.get(state.partition(" ")[2])):
        return replace(step, status=ending, ended_at=at)
    if entered:
        return replace(step, status=Status.RUNNING, started_at=step.started_at or at, ended_at=None)
    if kind == "TaskScheduled":
        tries = step.attempt + 1 if state == step.name else step.attempt
        return replace(step, status=Status.RUNNING, attempt=tries)
    if kind in FAILURES:
        details = next((event[key] for key in event if key.endswith("EventDetails")), {})
        status = Status.TIMED_OUT if kind == "TaskTimedOut" else Status.FAILED
        return replace(step, status=status, ended_at=at, error=details.get("error"))
    if kind.endswith("StateExited") and step.status == Status.RUNNING:
        return replace(step, status=Status.SUCCEEDED, ended_at=at)
    return step


def transitions_of(events: Sequence[Mapping[str, Any]]) -> int:
    """Billable state transitions: every state entered, and every retry of one (AWS's pricing page)."""
    entered = sum(event["type"].endswith("StateEntered") for event in events)
    tasks = sum(event["type"] == "TaskStateEntered" for event in events)
    scheduled = sum(event["type"] == "TaskScheduled" for event in events)
    return entered + max(0, scheduled - tasks)


def _placed(state: RunState) -> str:
    failed = state.failed_step
    place = f"step {failed.name} {failed.status}: " if failed else ""
    return f"{place}{state.error or 'Step Functions gives no error'}"
