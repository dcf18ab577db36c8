"""A problem that pydantic found, said in the user's words: which key, what is there, what to give instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pydantic_core import ErrorDetails

WANTED = {
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "dict_type": "keys and values, like {project: sales}",
    "tuple_type": "a list, like [a, b]",
    "list_type": "a list, like [a, b]",
    "model_type": "settings indented below the key, as in dev.yaml",
    "model_attributes_type": "settings indented below the key, as in dev.yaml",
}
FOLLOWS = {"partition": "follows from AWS_DEFAULT_REGION and is no setting; remove it"}


def sentence(detail: ErrorDetails, *, known: Iterable[str]) -> str:
    """`<path>: <problem>; <remedy>`; `known` are the keys that an unknown one may have meant."""
    path = ".".join(str(part) for part in detail["loc"])
    key, found = str(detail["loc"][-1]), detail["input"]
    match detail["type"]:
        case "extra_forbidden" if path in FOLLOWS:
            return f"{path}: {FOLLOWS[path]}"
        case "extra_forbidden":
            close = difflib.get_close_matches(key, list(known), n=1)
            return f"{path}: unknown key; " + (f"did you mean {close[0]!r}?" if close else "remove it")
        case "missing":
            return f"{path}: is missing; add it"
        case "value_error":
            return f"{path}: {detail.get('ctx', {}).get('error')}"
    return f"{path}: {_shown(found)} is refused; give {_wanted(detail)}"


def _shown(value: object) -> str:
    """As it stands in the file, so that a person finds it."""
    match value:
        case None:
            return "an empty value"
        case bool():
            return str(value).lower()
    return repr(value)


def _wanted(detail: ErrorDetails) -> str:
    found, limits = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "literal_error":
            return limits["expected"] + _in_quotes(found, limits["expected"])
        case "string_type":
            return "text" + _in_quotes(found, "'")
        case "greater_than_equal":
            return f"a number of at least {limits['ge']}"
        case "less_than_equal":
            return f"a number of at most {limits['le']}"
        case "too_short" | "too_long" if "actual_length" in limits:
            bound = limits.get("min_length", limits.get("max_length"))
            return f"at {'least' if 'min_length' in limits else 'most'} {bound}, like [a, b]"
    return WANTED.get(detail["type"], "a value like the one in dev.yaml")


def _in_quotes(found: object, expected: str) -> str:
    """YAML reads 5.1 as a number and no, off, yes, on as false and true, unless they stand in quotes."""
    if "'" not in expected or found is None or isinstance(found, str):
        return ""
    meant = " (YAML reads no, off, yes and on as false and true)" if isinstance(found, bool) else ""
    return f", in quotes{meant}"
