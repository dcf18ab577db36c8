"""The interpreter against answers recorded from AWS Step Functions (choice rules, intrinsics, executions).

The recordings lie beside the checkout and are not part of it; without them these tests are skipped, in CI they fail.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest

from local_aws.asl import Execution, TaskError, parse
from local_aws.asl.runtime.choice_rules import matches
from local_aws.asl.runtime.scope import Scope
from local_aws.clocks.clock import VirtualClock
from tests.checkout import ROOT

FOLDER = ROOT.parent / "shared" / "asl_recorded"

KNOWN_DIFFERENCES = {
    "test_lambda_invoke_with_retry_extended_input": (
        "RedriveCount",
        "recorded in October 2023; AWS added RedriveCount to the context object in November 2023, and every "
        "later recording has it",
    ),
}
"""Cases that differ: the key of ours that the recording lacks, and why. The rest of the case must agree."""

_ACCOUNT = "arn:aws:states:us-east-1:111111111111"
_CONTEXT = {
    "Execution": {"Id": f"{_ACCOUNT}:execution:machine:name", "Name": "name", "RoleArn": "snf_role_arn"},
    "StateMachine": {"Id": f"{_ACCOUNT}:stateMachine:machine", "Name": "machine"},
}
_NOT_RECORDED = {"timestamp", "wall", "region", "roleArn", "inputDetails", "outputDetails", "assignedVariablesDetails"}
_BROKEN_SORT = {"ParallelStateSucceeded", "ParallelStateExited"}


def _cases(name: str) -> list[Any]:
    path = FOLDER / f"{name}.json"
    if not path.exists():
        return []
    return [pytest.param(case, id=case["name"].split("::")[-1]) for case in json.loads(path.read_text("utf-8"))]


def test_recordings_are_at_hand() -> None:
    if FOLDER.exists():
        assert all(_cases(name) for name in ("choice", "intrinsics", "executions"))
    elif os.environ.get("CI") == "true":
        pytest.fail(f"CI needs the recorded answers at {FOLDER.name} beside the checkout")
    else:
        pytest.skip("the recorded answers are not beside this checkout")


def agrees(expected: Any, actual: Any) -> bool:
    """Equality of JSON values, with `<redacted>` as a wildcard; 1 and 1.0 differ, white space in JSON text not."""
    expected, actual = _cause(expected), _cause(actual)
    if isinstance(expected, str):
        if expected == "<redacted>":
            return True
        if not isinstance(actual, str):
            return False
        pattern = ".*".join(re.escape(part) for part in expected.split("<redacted>"))
        return re.fullmatch(pattern, actual, re.DOTALL) is not None
    if type(expected) is not type(actual):
        return False
    if isinstance(expected, dict):
        return expected.keys() == actual.keys() and all(agrees(expected[key], actual[key]) for key in expected)
    if isinstance(expected, list):
        return len(expected) == len(actual) and all(map(agrees, expected, actual))
    return bool(expected == actual)


def _cause(text: Any) -> Any:
    """JSON objects in text as values: the recorder parsed or re-serialised some of them."""
    if isinstance(text, str) and text.startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _flat(event: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in event.items():
        flat.update(value if key.endswith("EventDetails") else {key: value})
    flat = {key: value for key, value in flat.items() if key not in _NOT_RECORDED}
    for key in ("input", "output", "parameters"):
        if key in flat:
            flat[key] = json.loads(flat[key])
    if "assignedVariables" in flat:
        flat["assignedVariables"] = {key: json.loads(text) for key, text in flat["assignedVariables"].items()}
    if "cause" in flat:
        flat["cause"] = _cause(flat["cause"])
    if flat["type"] == "ExecutionStarted":
        del flat["input"]
    return flat


class Replay:
    """The task seam of a case: answers each call with the next recorded one of the same state and input."""

    def __init__(self, case: dict[str, Any], *, clock: VirtualClock, lacking: frozenset[str]) -> None:
        self._lacking = lacking
        self._calls = defaultdict(list, copy.deepcopy(case.get("tasks", {})))
        self._clock = clock

    def __call__(self, resource: str, parameters: Any, *, state_name: str, cancelled: Any, **_: Any) -> Any:
        for number, call in enumerate(self._calls[resource]):
            if call["state"] == state_name and agrees(call["input"], _without(self._lacking, parameters)):
                del self._calls[resource][number]
                break
        else:
            raise AssertionError(f"no recorded call of {resource} in {state_name} with this input")
        if call.get("timeout") or "result" in call:
            self._clock.sleep(None, until=cancelled)
            raise TaskError("States.TaskFailed", "nobody waits for this answer")
        if "error" in call:
            raise TaskError(call["error"], call.get("cause"))
        return call["output"]


def _run(case: dict[str, Any], lacking: frozenset[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    clock = VirtualClock(start=datetime(2024, 1, 1, tzinfo=UTC))
    execution = Execution(
        machine=parse(case["definition"]),
        input=case["input"],
        tasks=Replay(case, clock=clock, lacking=lacking),
        clock=clock,
        context=_CONTEXT,
    )
    outcome = execution.run()
    result: dict[str, Any] = {"status": outcome.status}
    for key in ("output", "error", "cause"):
        if hasattr(outcome, key) and (key == "output" or getattr(outcome, key) is not None):
            result[key] = getattr(outcome, key)
    if "cause" in result:
        result["cause"] = _cause(result["cause"])
    return _without(lacking, result), [_without(lacking, _flat(event)) for event in execution.history]


def _differences(case: dict[str, Any], *, lacking: frozenset[str] = frozenset()) -> list[str]:
    result, events = _run(case, lacking)
    problems = []
    if not agrees(case["expected"], result):
        problems.append(f"ended as {result}\ninstead of {case['expected']}")
    if "events" in case:
        sort = _unsorted_differences if case.get("parallelEventsSorted") else _event_differences
        problems += sort(case["events"], events)
    return problems


def _event_differences(expected: list[dict[str, Any]], actual: list[dict[str, Any]]) -> list[str]:
    problems = [f"{a}\ninstead of {e}" for e, a in zip(expected, actual, strict=False) if not agrees(e, a)]
    if len(expected) != len(actual):
        problems.append(f"{len(actual)} events instead of {len(expected)}")
    return problems


def _unsorted_differences(expected: list[dict[str, Any]], actual: list[dict[str, Any]]) -> list[str]:
    """The recorder's sort removed ids, and events that end a nested Parallel: only those may be missing there."""
    rest = list(actual)
    problems = []
    for event in expected:
        found = next((other for other in rest if agrees(event, _without_ids(other, event))), None)
        if found is None:
            problems.append(f"missing: {event}")
        else:
            rest.remove(found)
    return problems + [f"unexpected: {event}" for event in rest if event["type"] not in _BROKEN_SORT]


def _without_ids(event: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    return event if like["id"] is not None else {**event, "id": None, "previousEventId": None}


def _without(keys: frozenset[str], value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(keys, item) for key, item in value.items() if key not in keys}
    return [_without(keys, item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", _cases("choice"))
def test_choice_rule_decides_as_recorded(case: dict[str, Any]) -> None:
    scope = Scope(input=case["input"], context={}, variables={})
    assert matches(case["rule"], scope) is case["expected"]


@pytest.mark.parametrize("case", _cases("intrinsics"))
def test_intrinsic_gives_what_was_recorded(case: dict[str, Any]) -> None:
    assert _differences(case) == []


@pytest.mark.parametrize("case", _cases("executions"))
def test_execution_runs_as_recorded(case: dict[str, Any]) -> None:
    name = case["name"].split("::")[-1]
    if name not in KNOWN_DIFFERENCES:
        assert _differences(case) == []
    else:
        assert _differences(case) != [], "no difference any more: take it out of KNOWN_DIFFERENCES"
        assert _differences(case, lacking=frozenset({KNOWN_DIFFERENCES[name][0]})) == []


@pytest.mark.parametrize(
    ("expected", "actual"),
    [(1, 1.0), (True, 1), ("a<redacted>", "b"), ({"a": 1}, {"a": 1, "b": 2}), ([1], [1, 2]), (None, "x")],
)
def test_comparison_sees_differences(expected: Any, actual: Any) -> None:
    assert not agrees(expected, actual)


@pytest.mark.parametrize("broken", ["status", "event"])
@pytest.mark.parametrize("case", _cases("executions")[:1])
def test_replay_notices_another_answer(case: dict[str, Any], broken: str) -> None:
    case = copy.deepcopy(case)
    if broken == "status":
        case["expected"] = {"status": "FAILED"}
    else:
        case["events"][1]["previousEventId"] = 1
    assert _differences(case) != []
