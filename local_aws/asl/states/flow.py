"""The states that call nobody: Pass, Choice, Wait, Succeed and Fail.

In: a visit. Out: the step to the next state; the branch's output, or the failure that ends it. A Wait moves the
execution's clock, a moment in the past is not waited for.
"""

from __future__ import annotations

from typing import Any

from local_aws.asl.runtime.choice_rules import matches
from local_aws.asl.runtime.errors import NO_CHOICE_MATCHED, PathNotFound, StateRuntimeError, StatesError
from local_aws.asl.runtime.json_text import dump
from local_aws.asl.runtime.timestamps import parse_timestamp
from local_aws.asl.runtime.visit import StateResult, Visit, require


def run_pass(visit: Visit) -> StateResult:
    """Hand on the result; `$` in Assign is the result."""
    result = visit.effective_input()
    if "Parameters" in visit.state:
        result = visit.evaluate(visit.state["Parameters"], result)
    if "Result" in visit.state:
        result = visit.state["Result"]
    assigned = visit.evaluate(visit.state.get("Assign", {}), result)
    return visit.leave(visit.output(visit.placed_result(result)), assigned=assigned)


def run_choice(visit: Visit) -> StateResult:
    """Choose; a rule's own Assign replaces the state's, which belongs to Default."""
    value = visit.effective_input()
    scope = visit.scope(value)
    rule = next((rule for rule in visit.state["Choices"] if matches(rule, scope)), None)
    if rule is None and "Default" not in visit.state:
        raise StatesError(
            NO_CHOICE_MATCHED,
            visit.placed("Failed to transition out of the state. The state does not point to a next state."),
        )
    assigned = visit.evaluate((visit.state if rule is None else rule).get("Assign", {}), value)
    chosen = visit.state["Default"] if rule is None else rule["Next"]
    return visit.leave(visit.output(value), assigned=assigned, next_state=chosen)


def run_wait(visit: Visit) -> StateResult:
    """Wait for Seconds, SecondsPath, Timestamp or TimestampPath."""
    value = visit.effective_input()
    visit.branch.sleep(_seconds(visit, value))
    assigned = visit.evaluate(visit.state.get("Assign", {}), value)
    return visit.leave(visit.output(value), assigned=assigned)


def _seconds(visit: Visit, value: Any) -> float:
    state = visit.state
    if "Seconds" in state:
        return float(state["Seconds"])
    if "SecondsPath" in state:
        return _seconds_at(visit, state["SecondsPath"], value)
    if "Timestamp" in state:
        return _until(visit, state["Timestamp"])
    path = state["TimestampPath"]
    moment = _read(visit, "TimestampPath", path, value)
    require(
        parse_timestamp(moment) is not None,
        f"The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format "
        f"string: {path} == {_shown(moment)}",
    )
    return _until(visit, moment)


def _seconds_at(visit: Visit, path: str, value: Any) -> float:
    seconds = _read(visit, "SecondsPath", path, value)
    shown = f"{path} == {_shown(seconds)}"
    is_whole = isinstance(seconds, int) and not isinstance(seconds, bool)
    require(is_whole, f"The SecondsPath parameter cannot be parsed as a long value: {shown}")
    require(seconds >= 0, f"The SecondsPath parameter references a negative value: {shown}")
    return float(seconds)


def _read(visit: Visit, field: str, path: str, value: Any) -> Any:
    try:
        return visit.scope(value).find(path)
    except PathNotFound as missing:
        raise StateRuntimeError(f"The {field} parameter does not reference an input value: {path}") from missing


def _until(visit: Visit, text: str) -> float:
    moment = parse_timestamp(text)
    require(moment is not None, f"The Timestamp parameter is not a valid ISO-8601 date-time: {text}")
    return (moment - visit.branch.run.clock.now()).total_seconds() if moment is not None else 0.0


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else dump(value)


def run_succeed(visit: Visit) -> StateResult:
    """End the branch with the state's input."""
    return visit.leave(visit.output(visit.effective_input()), assigned={})


def run_fail(visit: Visit) -> StateResult:
    """End the branch with a named failure."""
    raise StatesError(_text(visit, "Error"), _text(visit, "Cause"))


def _text(visit: Visit, name: str) -> str | None:
    if f"{name}Path" not in visit.state:
        return visit.state.get(name)
    value: Any = visit.expression(f"{name}Path", visit.input)
    require(isinstance(value, str), f"The {name}Path field must refer to a string: {visit.state[name + 'Path']}")
    return value
