"""Checks of a definition: which fields a state may have, where transitions lead, what is not supported.

In: a definition as a dict. Out: problems in AWS's wording, `CODE: what at /path`, all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.asl.field_checks import (
    check_catchers,
    check_choice_rules,
    check_paths,
    check_retriers,
    check_template,
    schema_problem,
)
from local_aws.asl.runtime.json_types import is_array, is_object
from local_aws.asl.states.task_events import FUNCTION, INTEGRATION

_EVERYWHERE = {"Type", "Comment", "QueryLanguage"}
_IN_OUT = {"InputPath", "OutputPath"}
_ONWARD = {"Next", "End", "Assign"}
_RESULT = {"ResultSelector", "ResultPath", "Retry", "Catch"}
_WAITS = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")
FIELDS: dict[str, set[str]] = {
    "Pass": {*_IN_OUT, *_ONWARD, "Result", "ResultPath", "Parameters"},
    "Task": {
        *_IN_OUT, *_ONWARD, *_RESULT, "Resource", "Parameters", "TimeoutSeconds", "TimeoutSecondsPath",
        "HeartbeatSeconds", "HeartbeatSecondsPath",
    },
    "Choice": {*_IN_OUT, "Choices", "Default", "Assign"},
    "Wait": {*_IN_OUT, *_ONWARD, *_WAITS},
    "Succeed": {*_IN_OUT},
    "Fail": {"Error", "ErrorPath", "Cause", "CausePath"},
    "Parallel": {*_IN_OUT, *_ONWARD, *_RESULT, "Branches", "Parameters"},
    "Map": {
        *_IN_OUT, *_ONWARD, *_RESULT, "ItemProcessor", "Iterator", "ItemsPath", "ItemSelector", "Parameters",
        "MaxConcurrency", "MaxConcurrencyPath", "ToleratedFailureCount", "ToleratedFailureCountPath",
        "ToleratedFailurePercentage", "ToleratedFailurePercentagePath",
    },
}  # fmt: skip
_NOT_IMPLEMENTED = {
    "Arguments", "Output", "Items", "Condition", "ItemReader", "ItemBatcher", "ResultWriter", "Label", "Credentials",
}  # fmt: skip
_MACHINE_FIELDS = {"Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"}
_PROCESSOR_FIELDS = {"Comment", "StartAt", "States", "ProcessorConfig"}
_BRANCH_FIELDS = {"Comment", "StartAt", "States"}
_EXCLUSIVE = (
    ("TimeoutSeconds", "TimeoutSecondsPath"), ("HeartbeatSeconds", "HeartbeatSecondsPath"), ("Error", "ErrorPath"),
    ("Cause", "CausePath"), ("MaxConcurrency", "MaxConcurrencyPath"), ("ItemProcessor", "Iterator"),
    ("ItemSelector", "Parameters"), ("ToleratedFailureCount", "ToleratedFailureCountPath"),
    ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"), ("Next", "End"),
)  # fmt: skip

Problems = Iterator[str]
State = Mapping[str, Any]


def check_machine(definition: Mapping[str, Any]) -> list[str]:
    """All problems of a definition; an empty list if it may run."""
    problems = [*_check_query_language(definition, "/")]
    for name in definition.keys() - _MACHINE_FIELDS:
        problems.append(schema_problem(f"The field '{name}' is not supported by Step Functions", "/"))
    timeout = definition.get("TimeoutSeconds", 1)
    if not isinstance(timeout, int) or isinstance(timeout, bool) or timeout <= 0:
        problems.append(schema_problem("TimeoutSeconds must be a positive integer", "/TimeoutSeconds"))
    problems += _check_sequence(definition, "", names=set())
    return problems


def _not_implemented(what: str, place: str) -> str:
    return f"NOT_IMPLEMENTED_LOCALLY: {what} at {place}"


def _check_query_language(holder: Mapping[str, Any], place: str) -> Problems:
    language = holder.get("QueryLanguage", "JSONPath")
    if language == "JSONata":
        yield _not_implemented("QueryLanguage JSONata", place)
    elif language != "JSONPath":
        yield schema_problem(f"QueryLanguage must be JSONPath or JSONata, not {language!r}", place)


def _check_sequence(holder: Mapping[str, Any], place: str, *, names: set[str]) -> Problems:
    states = holder.get("States")
    if not is_object(states) or not states:
        yield schema_problem("The field 'States' is required and holds at least one state", f"{place}/States")
        return
    start = holder.get("StartAt")
    if start not in states:
        yield f"MISSING_TRANSITION_TARGET: Missing 'StartAt' target: {start} at {place}/StartAt"
    for name, state in states.items():
        here = f"{place}/States/{name}"
        if name in names:
            yield f"DUPLICATE_STATE_NAME: Duplicate state name: {name} at {here}"
        names.add(name)
        if not 0 < len(name) <= 80:
            yield schema_problem("A state's name has 1 to 80 characters", here)
        if is_object(state):
            yield from _check_state(state, here, states, names)
        else:
            yield schema_problem("A state is a JSON object", here)
    yield from _check_reachable(states, start, place)


def _check_state(state: State, here: str, states: Mapping[str, Any], names: set[str]) -> Problems:
    kind = state.get("Type")
    if kind not in FIELDS:
        yield schema_problem(f"Value of 'Type' is not one of {', '.join(FIELDS)}: {kind!r}", f"{here}/Type")
        return
    yield from _check_query_language(state, here)
    for name in state.keys() - FIELDS[kind] - _EVERYWHERE:
        if name in _NOT_IMPLEMENTED:
            yield _not_implemented(f"The field '{name}'", here)
        else:
            yield schema_problem(f"The field '{name}' is not supported by Step Functions", here)
    for first, second in _EXCLUSIVE:
        if first in state and second in state:
            yield schema_problem(f"Only one of '{first}' and '{second}' may be present", here)
    yield from check_paths(state, here)
    for name in ("Parameters", "ResultSelector", "ItemSelector", "Assign"):
        if name in state:
            yield from check_template(state[name], f"{here}/{name}")
    yield from _check_onward(state, here, states)
    yield from check_retriers(state.get("Retry", []), f"{here}/Retry")
    yield from check_catchers(state.get("Catch", []), f"{here}/Catch")
    if kind == "Task":
        yield from _check_resource(state, here)
    elif kind == "Choice":
        yield from check_choice_rules(state.get("Choices"), f"{here}/Choices")
    elif kind == "Wait" and sum(name in state for name in _WAITS) != 1:
        yield schema_problem(f"Exactly one of {', '.join(_WAITS)} is required", here)
    elif kind == "Parallel":
        yield from _check_branches(state.get("Branches"), here, names)
    elif kind == "Map":
        yield from _check_processor(state, here, names)


def _check_onward(state: State, here: str, states: Mapping[str, Any]) -> Problems:
    kind = state["Type"]
    if kind not in ("Choice", "Succeed", "Fail"):
        if "Next" not in state and state.get("End") is not True:
            yield schema_problem("One of 'Next' and 'End' is required", here)
    elif kind == "Choice" and not is_array(state.get("Choices")):
        return
    for field, target in _targets(state):
        if target not in states:
            yield f"MISSING_TRANSITION_TARGET: Missing '{field}' target: {target} at {here}/{field}"


def _targets(state: State) -> Iterator[tuple[str, str]]:
    for field in ("Next", "Default"):
        if field in state:
            yield field, state[field]
    for field in ("Choices", "Catch"):
        entries = state.get(field, [])
        for entry in entries if is_array(entries) else []:
            if is_object(entry) and "Next" in entry:
                yield "Next", entry["Next"]


def _check_reachable(states: Mapping[str, Any], start: Any, place: str) -> Problems:
    reached: set[str] = set()
    open_names = [start]
    while open_names:
        name = open_names.pop()
        if name in reached or not is_object(states.get(name)):
            continue
        reached.add(name)
        open_names += [target for _, target in _targets(states[name])]
    if start in states:
        for name in states.keys() - reached:
            yield f'MISSING_TRANSITION_TARGET: State "{name}" is not reachable. at {place}/States/{name}'


def _check_resource(state: State, here: str) -> Problems:
    resource = state.get("Resource")
    if not isinstance(resource, str):
        yield schema_problem("The field 'Resource' is required", here)
    elif ":activity:" in resource:
        yield _not_implemented(f"Activities ({resource})", f"{here}/Resource")
    elif resource.endswith(".waitForTaskToken"):
        yield _not_implemented(f"Callbacks ({resource})", f"{here}/Resource")
    elif not INTEGRATION.match(resource) and not FUNCTION.match(resource):
        yield schema_problem(
            f"The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the "
            f"resource is not available in this region.",
            f"{here}/Resource",
        )


def _check_branches(branches: Any, here: str, names: set[str]) -> Problems:
    if not is_array(branches) or not branches:
        yield schema_problem("The field 'Branches' is required and holds at least one branch", here)
        return
    for number, branch in enumerate(branches):
        place = f"{here}/Branches[{number}]"
        if not is_object(branch):
            yield schema_problem("A branch is a JSON object", place)
            continue
        for name in branch.keys() - _BRANCH_FIELDS:
            yield schema_problem(f"The field '{name}' is not supported by Step Functions", place)
        yield from _check_sequence(branch, place, names=names)


def _check_processor(state: State, here: str, names: set[str]) -> Problems:
    field = "ItemProcessor" if "ItemProcessor" in state else "Iterator"
    processor, place = state.get(field), f"{here}/{field}"
    if not is_object(processor):
        yield schema_problem("The field 'ItemProcessor' is required", here)
        return
    for name in processor.keys() - _PROCESSOR_FIELDS:
        yield schema_problem(f"The field '{name}' is not supported by Step Functions", place)
    mode = processor.get("ProcessorConfig", {}).get("Mode", "INLINE")
    if mode != "INLINE":
        yield _not_implemented(f"Map in mode {mode}", f"{place}/ProcessorConfig")
    yield from _check_sequence(processor, place, names=names)
