"""The Wait state.

In: a visit. Out: its input, after the execution's clock has moved. A moment in the past is not waited for.
"""

from __future__ import annotations

from typing import Any

from local_aws.asl.runtime.errors import PathNotFound, StateRuntimeError
from local_aws.asl.runtime.json_text import dump
from local_aws.asl.runtime.timestamps import parse_timestamp
from local_aws.asl.runtime.visit import Step, Visit, require


def run_wait(visit: Visit) -> Step:
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
