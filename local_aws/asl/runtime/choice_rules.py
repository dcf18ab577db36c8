"""The rules of a Choice state.

In: one rule and a scope. Out: whether it matches. A path that leads nowhere fails the state (only IsPresent may look).
A value of the wrong type never matches; it does not fail either.
Reference: https://states-language.net/spec.html#choice-state
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from local_aws.asl.runtime.errors import PathNotFound, StateRuntimeError
from local_aws.asl.runtime.scope import Scope
from local_aws.asl.runtime.timestamps import parse_timestamp

Compare = Callable[[Any, Any], bool]
_ORDERS: dict[str, Compare] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}


def _as_number(value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _as_text(value: Any) -> Any:
    # The service compares UTF-16 code units, which differs from code points beyond the basic plane.
    return value.encode("utf-16-be", "surrogatepass") if isinstance(value, str) else None


def _as_bool(value: Any) -> Any:
    return value if isinstance(value, bool) else None


def _comparison(convert: Callable[[Any], Any], compare: Compare) -> Compare:
    def holds(value: Any, wanted: Any) -> bool:
        left, right = convert(value), convert(wanted)
        return left is not None and right is not None and compare(left, right)

    return holds


def _matches(value: Any, pattern: Any) -> bool:
    if not isinstance(value, str) or not isinstance(pattern, str):
        return False
    parts = re.findall(r"\\.|\*|[^\\*]+|\\", pattern, flags=re.DOTALL)
    regex = "".join(
        ".*" if part == "*" else re.escape(part[1:] if len(part) == 2 and part[0] == "\\" else part) for part in parts
    )
    return re.fullmatch(regex, value, flags=re.DOTALL) is not None


COMPARISONS: dict[str, Compare] = {
    "BooleanEquals": _comparison(_as_bool, operator.eq),
    "StringMatches": _matches,
    **{f"String{name}": _comparison(_as_text, compare) for name, compare in _ORDERS.items()},
    **{f"Numeric{name}": _comparison(_as_number, compare) for name, compare in _ORDERS.items()},
    **{f"Timestamp{name}": _comparison(parse_timestamp, compare) for name, compare in _ORDERS.items()},
}
"""Operators with a constant; each but StringMatches has a twin ending in `Path`."""

TYPE_TESTS: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsString": lambda value: isinstance(value, str),
    "IsNumeric": lambda value: _as_number(value) is not None,
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: parse_timestamp(value) is not None,
}

OPERATORS = frozenset(
    {"IsPresent", *TYPE_TESTS, *COMPARISONS} | {f"{name}Path" for name in COMPARISONS if name != "StringMatches"}
)


def matches(rule: Mapping[str, Any], scope: Scope) -> bool:
    """Whether a rule (top level or nested) holds; raises `StateRuntimeError` for a path that leads nowhere."""
    if "And" in rule:
        return all(matches(inner, scope) for inner in rule["And"])
    if "Or" in rule:
        return any(matches(inner, scope) for inner in rule["Or"])
    if "Not" in rule:
        return not matches(rule["Not"], scope)
    name = next(key for key in rule if key in OPERATORS)
    if name == "IsPresent":
        return _is_present(rule["Variable"], scope) is rule[name]
    value = _read(rule["Variable"], scope)
    if name in TYPE_TESTS:
        return TYPE_TESTS[name](value) is rule[name]
    if name.endswith("Path"):
        return COMPARISONS[name[: -len("Path")]](value, _read(rule[name], scope))
    return COMPARISONS[name](value, rule[name])


def _is_present(path: str, scope: Scope) -> bool:
    try:
        scope.find(path)
    except PathNotFound:
        return False
    return True


def _read(path: str, scope: Scope) -> Any:
    try:
        return scope.find(path)
    except PathNotFound as missing:
        raise StateRuntimeError(
            f"Invalid path '{path}': The choice state's condition path references an invalid value."
        ) from missing
