"""Event patterns: whether an event matches.

In: a pattern and an event, both JSON values. Out: true or false; a pattern with an operator that is not known here is
refused when the rule is put. Source: the EventBridge user guide, "Comparison operators".
"""

from __future__ import annotations

import re
from typing import Any

OPERATORS = ("exists", "prefix", "suffix", "anything-but", "wildcard", "equals-ignore-case", "numeric")
_MISSING = object()


class PatternRefused(ValueError):
    """The pattern is not valid, or uses what is not served here."""


def check_pattern(pattern: Any) -> None:
    """Raises PatternRefused."""
    if not isinstance(pattern, dict) or not pattern:
        raise PatternRefused("an event pattern is a JSON object with at least one field")
    for name, wanted in pattern.items():
        if name == "$or":
            for alternative in wanted:
                check_pattern(alternative)
        elif isinstance(wanted, dict):
            check_pattern(wanted)
        elif isinstance(wanted, list):
            for condition in wanted:
                _check_condition(name, condition)
        else:
            raise PatternRefused(f"{name!r} must be an object or an array")


def matches(pattern: dict[str, Any], event: Any) -> bool:
    """Every field of the pattern has a value in the event that meets one of its conditions."""
    for name, wanted in pattern.items():
        if name == "$or":
            if not any(matches(alternative, event) for alternative in wanted):
                return False
            continue
        value = event.get(name, _MISSING) if isinstance(event, dict) else _MISSING
        if isinstance(wanted, dict):
            if not matches(wanted, {} if value is _MISSING else value):
                return False
        elif not _any_meets(wanted, value):
            return False
    return True


def _check_condition(name: str, condition: Any) -> None:
    if not isinstance(condition, dict):
        return
    unknown = sorted(set(condition) - set(OPERATORS))
    if unknown or len(condition) != 1:
        raise PatternRefused(f"{name!r}: operator {unknown or sorted(condition)} is none of {list(OPERATORS)}")


def _any_meets(conditions: list[Any], value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return any(_meets(condition, one) for condition in conditions for one in values)


def _meets(condition: Any, value: Any) -> bool:
    if not isinstance(condition, dict):
        return value is not _MISSING and type(value) is type(condition) and value == condition
    ((operator, operand),) = condition.items()
    if operator == "exists":
        return (value is not _MISSING) == operand
    if value is _MISSING:
        return False
    if operator == "anything-but":
        return not _meets_any(operand, value)
    if operator == "numeric":
        return _is_in_range(operand, value)
    if not isinstance(value, str):
        return False
    return _text_meets(operator, operand, value)


def _meets_any(operand: Any, value: Any) -> bool:
    alternatives = operand if isinstance(operand, list) else [operand]
    return any(_meets(one, value) for one in alternatives)


def _text_meets(operator: str, operand: Any, value: str) -> bool:
    if isinstance(operand, dict):  # {"prefix": {"equals-ignore-case": ...}}
        operand, value = operand["equals-ignore-case"].lower(), value.lower()
    if operator == "prefix":
        return value.startswith(operand)
    if operator == "suffix":
        return value.endswith(operand)
    if operator == "equals-ignore-case":
        return value.lower() == operand.lower()
    parts = [re.escape(part) for part in operand.split("*")]
    return re.fullmatch(".*".join(parts), value, re.S) is not None


def _is_in_range(operand: list[Any], value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    comparisons = {
        "=": lambda limit: value == limit,
        ">": lambda limit: value > limit,
        ">=": lambda limit: value >= limit,
        "<": lambda limit: value < limit,
        "<=": lambda limit: value <= limit,
    }
    return all(comparisons[sign](limit) for sign, limit in zip(operand[::2], operand[1::2], strict=True))
