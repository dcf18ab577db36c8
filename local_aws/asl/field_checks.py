"""Checks of single fields: paths, templates, intrinsic calls, Retry, Catch and the rules of a Choice.

In: a field's value and its place. Out: problems in AWS's wording. Knows no transitions (checks.py does).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.asl.runtime.choice_rules import COMPARISONS, OPERATORS
from local_aws.asl.runtime.errors import ALL
from local_aws.asl.runtime.intrinsics import BadIntrinsic, is_intrinsic, parse_intrinsic
from local_aws.asl.runtime.json_types import is_array, is_object
from local_aws.asl.runtime.jsonpath import BadPath
from local_aws.asl.runtime.scope import parse_rooted
from local_aws.asl.runtime.timestamps import parse_timestamp

Problems = Iterator[str]

_NULLABLE_PATHS = ("InputPath", "OutputPath", "ResultPath")
_PATHS = (
    *_NULLABLE_PATHS, "ItemsPath", "SecondsPath", "TimestampPath", "TimeoutSecondsPath", "HeartbeatSecondsPath",
    "MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath",
)  # fmt: skip
_EXPRESSIONS = ("ErrorPath", "CausePath")
_WHOLE_NUMBERS = {
    "Seconds": 0, "TimeoutSeconds": 1, "HeartbeatSeconds": 1, "MaxConcurrency": 0, "ToleratedFailureCount": 0,
}  # fmt: skip
_RETRIER_FIELDS = {
    "ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "Comment",
}  # fmt: skip
_CATCHER_FIELDS = {"ErrorEquals", "Next", "ResultPath", "Assign", "Comment"}


def schema_problem(message: str, place: str) -> str:
    """The words of AWS for a definition that is not of the right form."""
    return f"SCHEMA_VALIDATION_FAILED: {message} at {place}"


def _is_number(value: Any, *, least: float, whole: bool) -> bool:
    kinds = int if whole else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and value >= least


def check_paths(state: Mapping[str, Any], here: str) -> Problems:
    """Every field of a state that holds a path, a function or a plain number."""
    for name in _PATHS:
        if name not in state or (state[name] is None and name in _NULLABLE_PATHS):
            continue
        if name == "ResultPath":
            yield from _check_reference_path(state[name], f"{here}/{name}")
        else:
            yield from _check_path(state[name], f"{here}/{name}")
    for name in _EXPRESSIONS:
        if name in state:
            yield from _check_expression(state[name], f"{here}/{name}")
    for name, least in _WHOLE_NUMBERS.items():
        if name in state and not _is_number(state[name], least=least, whole=True):
            yield schema_problem(f"'{name}' must be an integer of at least {least}", f"{here}/{name}")
    if "ToleratedFailurePercentage" in state:
        share = state["ToleratedFailurePercentage"]
        if not _is_number(share, least=0, whole=False) or share > 100:
            yield schema_problem("A percentage is a number from 0 to 100", f"{here}/ToleratedFailurePercentage")
    if "Timestamp" in state and parse_timestamp(state["Timestamp"]) is None:
        yield schema_problem("Value is not a valid ISO-8601 extended offset date-time", f"{here}/Timestamp")


def _check_path(text: Any, place: str) -> Problems:
    try:
        parse_rooted(text if isinstance(text, str) else "")
    except BadPath as refusal:
        yield schema_problem(f"Value is not a valid JSONPath: {text!r} ({refusal})", place)


def _check_reference_path(text: Any, place: str) -> Problems:
    try:
        rooted = parse_rooted(text if isinstance(text, str) else "")
    except BadPath:
        rooted = None
    if rooted is None or rooted.root != "$" or not rooted.path.is_reference:
        yield schema_problem(f"Value is not a Reference Path: {text!r}", place)


def _check_expression(text: Any, place: str) -> Problems:
    if not isinstance(text, str):
        yield schema_problem("The value must be a valid JSONPath or a valid intrinsic function call", place)
    elif is_intrinsic(text) or text.startswith("States."):
        try:
            parse_intrinsic(text)
        except BadIntrinsic as refusal:
            yield schema_problem(f"The value must be a valid intrinsic function call ({refusal})", place)
    else:
        yield from _check_path(text, place)


def check_template(template: Any, place: str) -> Problems:
    """A payload template: every `"name.$"` holds a path or a function."""
    if is_object(template):
        for key, value in template.items():
            if key.endswith(".$"):
                yield from _check_expression(value, f"{place}/{key}")
            else:
                yield from check_template(value, f"{place}/{key}")
    elif is_array(template):
        for number, item in enumerate(template):
            yield from check_template(item, f"{place}[{number}]")


def _check_error_names(entries: list[Any], number: int, place: str) -> Problems:
    names = entries[number].get("ErrorEquals")
    if not is_array(names) or not names or not all(isinstance(name, str) for name in names):
        yield schema_problem("'ErrorEquals' is a non-empty list of error names", place)
    elif ALL in names and (len(names) > 1 or number < len(entries) - 1):
        yield schema_problem("States.ALL must appear alone and last", place)


def check_retriers(entries: Any, place: str) -> Problems:
    """A Retry field."""
    for number, entry in _entries(entries):
        here = f"{place}[{number}]"
        if not is_object(entry):
            yield schema_problem("A retrier is a JSON object", here)
            continue
        yield from _check_error_names(entries, number, here)
        for name in entry.keys() - _RETRIER_FIELDS:
            yield schema_problem(f"The field '{name}' is not supported by Step Functions", here)
        for name, least in (("IntervalSeconds", 1), ("MaxAttempts", 0), ("MaxDelaySeconds", 1)):
            if name in entry and not _is_number(entry[name], least=least, whole=True):
                yield schema_problem(f"'{name}' must be an integer of at least {least}", here)
        if not _is_number(entry.get("BackoffRate", 1), least=1, whole=False):
            yield schema_problem("'BackoffRate' must be a number of at least 1.0", here)
        if entry.get("JitterStrategy", "NONE") not in ("FULL", "NONE"):
            yield schema_problem("'JitterStrategy' must be FULL or NONE", here)


def check_catchers(entries: Any, place: str) -> Problems:
    """A Catch field."""
    for number, entry in _entries(entries):
        here = f"{place}[{number}]"
        if not is_object(entry):
            yield schema_problem("A catcher is a JSON object", here)
            continue
        yield from _check_error_names(entries, number, here)
        for name in entry.keys() - _CATCHER_FIELDS:
            yield schema_problem(f"The field '{name}' is not supported by Step Functions", here)
        if "Next" not in entry:
            yield schema_problem("The field 'Next' is required", here)
        if entry.get("ResultPath") is not None:
            yield from _check_reference_path(entry["ResultPath"], f"{here}/ResultPath")
        yield from check_template(entry.get("Assign", {}), f"{here}/Assign")


def _entries(entries: Any) -> list[tuple[int, Any]]:
    return list(enumerate(entries)) if is_array(entries) else [(0, None)]


def check_choice_rules(rules: Any, place: str) -> Problems:
    """The Choices of a Choice state."""
    if not is_array(rules) or not rules:
        yield schema_problem("The field 'Choices' is required and holds at least one rule", place)
        return
    for number, rule in enumerate(rules):
        yield from _check_rule(rule, f"{place}[{number}]", is_top=True)


def _check_rule(rule: Any, here: str, *, is_top: bool) -> Problems:
    if not is_object(rule):
        yield schema_problem("A choice rule is a JSON object", here)
        return
    if is_top and "Next" not in rule:
        yield schema_problem("The field 'Next' is required", here)
    yield from check_template(rule.get("Assign", {}), f"{here}/Assign")
    extra = {"Next", "Assign", "Comment"} if is_top else {"Comment"}
    operators = [name for name in rule if name in OPERATORS or name in ("And", "Or", "Not")]
    for name in rule.keys() - extra - set(operators) - {"Variable"}:
        yield schema_problem(f"The field '{name}' is not supported by Step Functions", here)
    if len(operators) != 1:
        yield schema_problem("A choice rule has exactly one operator", here)
        return
    name = operators[0]
    if name in ("And", "Or"):
        if not is_array(rule[name]) or not rule[name]:
            yield schema_problem(f"'{name}' is a non-empty list of rules", here)
            return
        for number, inner in enumerate(rule[name]):
            yield from _check_rule(inner, f"{here}/{name}[{number}]", is_top=False)
    elif name == "Not":
        yield from _check_rule(rule[name], f"{here}/Not", is_top=False)
    else:
        yield from _check_path(rule.get("Variable"), f"{here}/Variable")
        yield from _check_operand(name, rule[name], f"{here}/{name}")


def _check_operand(name: str, value: Any, place: str) -> Problems:
    if name.startswith("Is") or name == "BooleanEquals":
        is_right = isinstance(value, bool)
    elif name.endswith("Path") and name not in COMPARISONS:
        yield from _check_path(value, place)
        return
    elif name.startswith("Numeric"):
        is_right = isinstance(value, int | float) and not isinstance(value, bool)
    elif name.startswith("Timestamp"):
        is_right = parse_timestamp(value) is not None
    else:
        is_right = isinstance(value, str)
    if not is_right:
        yield schema_problem(f"The value of '{name}' has the wrong type", place)
