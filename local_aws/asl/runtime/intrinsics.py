"""Intrinsic function calls, `States.Format('{}', $.a)`: their syntax and their evaluation.

In: the text of a call, a scope, a source of randomness. Out: a JSON value, or States.IntrinsicFailure.
The functions themselves are in intrinsic_functions.py.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from local_aws.asl.runtime.errors import INTRINSIC_FAILURE, PathNotFound, StateRuntimeError, StatesError
from local_aws.asl.runtime.intrinsic_functions import FUNCTIONS, BadArgument
from local_aws.asl.runtime.json_text import dump
from local_aws.asl.runtime.jsonpath import BadPath
from local_aws.asl.runtime.scope import Scope, parse_rooted

_NAME = re.compile(r"\s*States\.([A-Za-z0-9]+)\s*\(")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?(?=[\s,)])")
_WORD = re.compile(r"(true|false|null)(?=[\s,)])")
_WORDS = {"true": True, "false": False, "null": None}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class BadIntrinsic(ValueError):
    """The text is not a call of a known function."""


@dataclass(frozen=True)
class Literal:
    """A constant argument; `text` keeps escapes, which only some functions resolve themselves."""

    value: Any


@dataclass(frozen=True)
class PathArgument:
    """An argument read from the scope."""

    text: str


@dataclass(frozen=True)
class Call:
    """One call, its arguments possibly calls."""

    name: str
    arguments: tuple[Literal | PathArgument | Call, ...]
    text: str


def is_intrinsic(text: str) -> bool:
    """Whether an expression is a function call rather than a path."""
    return _NAME.match(text) is not None


@lru_cache(maxsize=1024)
def parse_intrinsic(text: str) -> Call:
    """Parse a call; raises `BadIntrinsic`."""
    call, end = _call(text, 0)
    if text[end:].strip():
        raise BadIntrinsic(f"Unexpected text after the call: {text[end:]}")
    return call


def _call(text: str, start: int) -> tuple[Call, int]:
    match = _NAME.match(text, start)
    if match is None:
        raise BadIntrinsic(f"Not a function call: {text[start:]}")
    name = match.group(1)
    if name not in FUNCTIONS:
        raise BadIntrinsic(f"Unknown function: States.{name}")
    arguments: list[Literal | PathArgument | Call] = []
    position = _skip_space(text, match.end())
    while text[position : position + 1] != ")":
        if arguments:
            if text[position : position + 1] != ",":
                raise BadIntrinsic(f"A comma or parenthesis is missing at {position} in {text}")
            position = _skip_space(text, position + 1)
        argument, position = _argument(text, position)
        arguments.append(argument)
        position = _skip_space(text, position)
    return Call(name=name, arguments=tuple(arguments), text=text[start : position + 1].strip()), position + 1


def _skip_space(text: str, position: int) -> int:
    return len(text) - len(text[position:].lstrip())


def _argument(text: str, position: int) -> tuple[Literal | PathArgument | Call, int]:
    if _NAME.match(text, position):
        return _call(text, position)
    if text[position : position + 1] == "'":
        return _string(text, position)
    if text[position : position + 1] == "$":
        end = _path_end(text, position)
        path = text[position:end].strip()
        try:
            parse_rooted(path)
        except BadPath as refusal:
            raise BadIntrinsic(str(refusal)) from refusal
        return PathArgument(path), end
    for pattern in (_NUMBER, _WORD):
        match = pattern.match(text, position)
        if match:
            found = match.group()
            if found in _WORDS:
                return Literal(_WORDS[found]), match.end()
            return Literal(float(found) if re.search(r"[.eE]", found) else int(found)), match.end()
    raise BadIntrinsic(f"Unknown argument at {position} in {text}")


def _string(text: str, start: int) -> tuple[Literal, int]:
    end = start + 1
    while end < len(text) and text[end] != "'":
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise BadIntrinsic(f"A string is never closed in {text}")
    return Literal(text[start + 1 : end]), end + 1


def _path_end(text: str, start: int) -> int:
    depth, quote = 0, ""
    for position in range(start, len(text)):
        character = text[position]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "[(":
            depth += 1
        elif character in ")]" and depth:
            depth -= 1
        elif character in ",)" and not depth:
            return position
    raise BadIntrinsic(f"A parenthesis is never closed in {text}")


class IntrinsicRunner:
    """Evaluates calls with one source of randomness (UUID, MathRandom), so that a seeded run can be repeated."""

    def __init__(self, *, rng: random.Random) -> None:
        self._rng = rng

    def run(self, text: str, scope: Scope) -> Any:
        """The value of a call; raises `StatesError` (bad argument) or `StateRuntimeError` (missing path)."""
        return self._evaluate(parse_intrinsic(text), scope)

    def _evaluate(self, call: Call, scope: Scope) -> Any:
        arguments: list[Any] = []
        for number, argument in enumerate(call.arguments):
            if isinstance(argument, Literal):
                arguments.append(_unescaped(argument.value, keep_braces=call.name == "Format" and number == 0))
            elif isinstance(argument, Call):
                arguments.append(self._evaluate(argument, scope))
            else:
                arguments.append(self._read(argument.text, call, scope))
        try:
            return FUNCTIONS[call.name](arguments, self._rng)
        except BadArgument as refusal:
            raise StatesError(
                INTRINSIC_FAILURE, f"The function '{call.text}' had the following error: {refusal}"
            ) from refusal

    def _read(self, text: str, call: Call, scope: Scope) -> Any:
        try:
            return scope.find(text)
        except PathNotFound as missing:
            raise StateRuntimeError(
                f"The function '{call.text}' had the following error: The JsonPath argument for the field "
                f"'{text}' could not be found in the input '{dump(scope.input)}'"
            ) from missing


def _unescaped(value: Any, *, keep_braces: bool) -> Any:
    if not isinstance(value, str):
        return value
    if keep_braces:
        return _ESCAPE.sub(lambda match: match.group() if match.group(1) in "{}\\" else match.group(1), value)
    return _ESCAPE.sub(r"\1", value)
