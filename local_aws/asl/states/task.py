"""The Task state.

In: a visit and the task seam. Out: the task's result under the state's timeout, Retry and Catch.
The work itself is done behind the seam; the interpreter stops waiting for it at the timeout, whatever it does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_aws.asl.runtime.errors import (
    DATA_LIMIT_EXCEEDED,
    RUNTIME,
    TIMEOUT,
    Halted,
    StatesError,
    TaskError,
    TerminalError,
)
from local_aws.asl.runtime.history import present
from local_aws.asl.runtime.json_text import is_too_large
from local_aws.asl.runtime.visit import StateResult, Visit, require
from local_aws.asl.states.task_events import TaskEvents, events_for


def run_task(visit: Visit) -> StateResult:
    """Do the task."""
    value = visit.effective_input()
    return visit.attempt(lambda: _attempt(visit, value))


def _attempt(visit: Visit, value: Any) -> Any:
    state = visit.state
    parameters = visit.evaluate(state["Parameters"], value) if "Parameters" in state else value
    if is_too_large(parameters):
        raise StatesError(
            DATA_LIMIT_EXCEEDED,
            visit.placed("The input of the task exceeds the maximum number of bytes service limit."),
        )
    events = events_for(visit.branch, state["Resource"])
    timeout = _seconds(visit, "TimeoutSeconds", value)
    heartbeat = _seconds(visit, "HeartbeatSeconds", value)
    events.scheduled(parameters, timeoutInSeconds=present(timeout), heartbeatInSeconds=present(heartbeat))
    events.started()
    try:
        result = _call(visit, parameters, timeout=timeout, heartbeat=heartbeat, submitted=events.submitted)
        _check_size(result, events)
    except TerminalError:
        raise
    except StatesError as failure:
        events.failed(failure)
        raise
    events.succeeded(result)
    return result


def _seconds(visit: Visit, name: str, value: Any) -> int | None:
    if f"{name}Path" not in visit.state:
        return visit.state.get(name)
    path = visit.state[f"{name}Path"]
    seconds = visit.scope(value).select(path)
    is_whole = isinstance(seconds, int) and not isinstance(seconds, bool) and seconds > 0
    require(is_whole, f"The {name}Path parameter does not reference a positive integer: {path}")
    return int(seconds)


def _check_size(result: Any, events: TaskEvents) -> None:
    if is_too_large(result):
        raise StatesError(
            DATA_LIMIT_EXCEEDED,
            f"The state/task '{events.service}' returned a result with a size exceeding the maximum number of "
            f"bytes service limit.",
        )


@dataclass
class _Answer:
    result: Any = None
    failure: Exception | None = None


def _call(
    visit: Visit, parameters: Any, *, timeout: float | None, heartbeat: float | None,
    submitted: Callable[[Any], None],
) -> Any:  # fmt: skip
    run, resource = visit.branch.run, visit.state["Resource"]
    done, cancelled = run.clock.event(), run.clock.event()
    answer = _Answer()

    def note_submission(output: Any) -> None:
        # A late submission of a cancelled task would append to a history that has gone on, or ended.
        if not cancelled.is_set():
            submitted(output)

    def work() -> None:
        try:
            answer.result = run.tasks(
                resource, parameters, state_name=visit.name, timeout_seconds=timeout,
                heartbeat=heartbeat, cancelled=cancelled, submitted=note_submission,
            )  # fmt: skip
        except Exception as failure:
            answer.failure = failure
        finally:
            done.set()

    run.clock.spawn(work, name=f"task {visit.name}")
    run.clock.sleep(timeout, until=(done, visit.branch.cancellation.signal))
    if not done.is_set():
        cancelled.set()
        visit.branch.cancellation.check()
        raise TaskError(TIMEOUT)
    if isinstance(answer.failure, StatesError | Halted):
        visit.branch.cancellation.check()
        raise answer.failure
    if answer.failure is not None:
        raise TerminalError(
            RUNTIME,
            visit.placed(
                f"The local integration of '{resource}' broke: {type(answer.failure).__name__}: {answer.failure}"
            ),
        ) from answer.failure
    return answer.result
