"""A pipeline as a state machine in Amazon States Language (JSONPath), with one message at either end.

Flows in: pipeline, names, lane. Flows out: the definition as a dict. Every wait is bounded, retries are the steps',
a failed step ends the execution FAILED after one message that names it; if that message can't be sent either, the
execution still ends as its work did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.errors import NotificationFailed
from pipeline.names import Names
from pipeline.outcome import FAILED, SUCCEEDED
from pipeline.steps import Kind, Pipeline, Step
from stacks.rendering.arrangement import Arrangement, Leaf, Parallel, Series, arrange, leaves
from stacks.rendering.task_states import States, Surroundings, onward, retrier, task_states

NAME_LIMIT = 80
"""Characters of a state's name."""
FAILURE_STATE = "notify_failure"
LAST_STATE = "run failed"


def definition(pipeline: Pipeline, *, names: Names, lane: str, partition: str, publisher: str) -> dict[str, Any]:
    """The whole definition; its states are named after the steps."""
    around = Surroundings(names=names, lane=lane, partition=partition, publisher=publisher, on_failure=FAILURE_STATE)
    start, states = _render(pipeline, arrange(pipeline), around, following=None)
    return {
        "Comment": f"{pipeline.name}, rendered from pipeline/steps.py",
        "StartAt": start,
        "TimeoutSeconds": _bound_seconds(pipeline),
        "States": {**states, **_failure_path(pipeline, around)},
    }


def _render(
    pipeline: Pipeline, arrangement: Arrangement, around: Surroundings, following: str | None
) -> tuple[str, States]:
    if isinstance(arrangement, Leaf):
        step = arrangement.step
        if step.kind is Kind.NOTIFY:
            return step.name, _notify(step, around, following)
        return step.name, task_states(step, surroundings=around, following=following)
    if isinstance(arrangement, Parallel):
        return _parallel(pipeline, arrangement, around, following)
    return _series(pipeline, arrangement, around, following)


def _series(pipeline: Pipeline, series: Series, around: Surroundings, following: str | None) -> tuple[str, States]:
    states: States = {}
    for part in reversed(series.parts):
        following, earlier = _render(pipeline, part, around, following)
        states = {**earlier, **states}
    return str(following), states


def _parallel(
    pipeline: Pipeline, parallel: Parallel, around: Surroundings, following: str | None
) -> tuple[str, States]:
    name = _joined(parallel)
    branches = []
    for part in parallel.parts:
        start, states = _render(pipeline, part, replace(around, on_failure=None), None)
        branches.append({"StartAt": start, "States": states})
    failed = around.on_failure or f"{name} failed"
    states = {
        name: {
            "Type": "Parallel",
            "Branches": branches,
            "ResultPath": None,
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": failed}],
            **onward(following),
        }
    }
    if around.on_failure is None:
        states[failed] = {"Type": "Fail", "ErrorPath": "$.failure.Error", "CausePath": "$.failure.Cause"}
    return name, states


def _joined(parallel: Parallel) -> str:
    """Unique, since no two parallel states hold the same steps; short enough for a state beside it."""
    steps = leaves(parallel)
    name = " and ".join(step.name for step in steps)
    limit = NAME_LIMIT - len(" failed")
    return name if len(name) <= limit else f"{len(steps)} steps from {steps[0].name} to {steps[-1].name}"[:limit]


def _notify(step: Step, around: Surroundings, following: str | None) -> States:
    unsent = f"{step.name} failed"
    return {
        step.name: {
            **_publish(step, around, status=SUCCEEDED),
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": unsent}],
            **onward(following),
        },
        # The work is done and committed: the outcome stands, and the sweep publishes it.
        unsent: {
            "Type": "Pass",
            "Parameters": {"Error": NotificationFailed.__name__, "Cause.$": "$.failure.Error"},
            "ResultPath": "$.failure",
            **onward(following),
        },
    }


def _failure_path(pipeline: Pipeline, around: Surroundings) -> States:
    step = pipeline.notifying
    return {
        FAILURE_STATE: {
            **_publish(step, around, status=FAILED, more={"failure.$": "$.failure"}),
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.unsent", "Next": LAST_STATE}],
            "Next": LAST_STATE,
        },
        LAST_STATE: {"Type": "Fail", "ErrorPath": "$.failure.Error", "CausePath": "$.failure.Cause"},
    }


def _publish(step: Step, around: Surroundings, *, status: str, more: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Calls the lane's publisher, which makes the message; the fields are `lambdas.publish_outcome.requests`'."""
    notice = {
        "run_id.$": "$$.Execution.Name",
        "start.$": "$$.Execution.RedriveCount",
        "status": status,
        **(more or {}),
    }
    return {
        "Type": "Task",
        "Resource": f"arn:{around.partition}:states:::lambda:invoke",
        "Parameters": {"FunctionName": around.publisher, "Payload": {"notify": notice}},
        "TimeoutSeconds": step.timeout_seconds,
        "ResultPath": None,
        "Retry": [
            {"ErrorEquals": ["Lambda.AccessDeniedException", "Lambda.ResourceNotFoundException"], "MaxAttempts": 0},
            retrier(step, ["States.ALL"]),
        ],
    }


def _bound_seconds(pipeline: Pipeline) -> int:
    """More than every step's attempts and waits after one another can take: a last resort, not a deadline."""
    attempts = sum(2 * step.timeout_seconds * (step.retry.attempts + 2) for step in pipeline.steps)
    return attempts + sum(step.retry.max_interval_seconds * step.retry.attempts for step in pipeline.steps)
