"""The eighteen States.* functions on plain JSON values.

In: evaluated arguments and a source of randomness. Out: a JSON value, or `BadArgument` naming the argument.
Reference: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
What its text leaves open (rounding halves up, empty parts of a split dropped, "" parsed as null) follows recordings;
the sequence that a seed gives to MathRandom does not follow AWS.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import random
import re
import uuid
from collections.abc import Callable
from typing import Any

from local_aws.asl.runtime.json_text import dump, load
from local_aws.asl.runtime.json_types import is_array, is_object

_MAX_RANGE_ITEMS = 1000
_MAX_TEXT_CHARACTERS = 10_000
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


class BadArgument(ValueError):
    """An argument was of the wrong number, type or size."""


Function = Callable[[list[Any], random.Random], Any]
FUNCTIONS: dict[str, Function] = {}
_NUMBER = (int, float)


def _function(name: str, *kinds: type | tuple[type, ...]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Registers `States.<name>`, whose arguments have these JSON types (bool is never a number)."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        FUNCTIONS[name] = lambda arguments, _: function(*_checked(arguments, kinds, name))
        return function

    return register


def _checked(arguments: list[Any], kinds: tuple[type | tuple[type, ...], ...], name: str) -> list[Any]:
    if len(arguments) != len(kinds):
        raise BadArgument(f"States.{name} takes {len(kinds)} arguments, not {len(arguments)}.")
    for number, (argument, kind) in enumerate(zip(arguments, kinds, strict=True), start=1):
        wanted = kind if isinstance(kind, tuple) else (kind,)
        is_stray_bool = isinstance(argument, bool) and bool not in wanted and object not in wanted
        if is_stray_bool or not isinstance(argument, wanted):
            raise BadArgument(f"Invalid type for argument {number} of States.{name}.")
    return arguments


def _rounded(number: float) -> int:
    return number if isinstance(number, int) else math.floor(number + 0.5)


def _same(left: Any, right: Any) -> bool:
    """Equality of JSON values: 1, 1.0 and true are three different things, in depth."""
    if type(left) is not type(right):
        return False
    if is_array(left):
        return len(left) == len(right) and all(_same(a, b) for a, b in zip(left, right, strict=True))
    if is_object(left):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    return bool(left == right)


@_function("ArrayPartition", list, _NUMBER)
def _array_partition(array: list[Any], size: float) -> Any:
    length = _rounded(size)
    if length <= 0:
        raise BadArgument("The second argument of States.ArrayPartition must be a positive integer.")
    return [array[start : start + length] for start in range(0, len(array), length)]


@_function("ArrayContains", list, object)
def _array_contains(array: list[Any], wanted: Any) -> Any:
    return any(_same(item, wanted) for item in array)


@_function("ArrayRange", _NUMBER, _NUMBER, _NUMBER)
def _array_range(start: Any, end: Any, step: Any) -> Any:
    start, end, step = map(_rounded, (start, end, step))
    if step == 0:
        raise BadArgument("The step of States.ArrayRange must not be 0.")
    items = range(start, end + (1 if step > 0 else -1), step)
    if len(items) > _MAX_RANGE_ITEMS:
        raise BadArgument(f"States.ArrayRange makes at most {_MAX_RANGE_ITEMS} items.")
    return list(items)


@_function("ArrayGetItem", list, int)
def _array_get_item(array: list[Any], index: int) -> Any:
    if not 0 <= index < len(array):
        raise BadArgument(f"Index {index} is out of bounds for an array of length {len(array)}.")
    return array[index]


_function("ArrayLength", list)(len)


@_function("ArrayUnique", list)
def _array_unique(array: list[Any]) -> Any:
    unique: list[Any] = []
    for item in array:
        if not any(_same(item, seen) for seen in unique):
            unique.append(item)
    return unique


@_function("Base64Encode", str)
def _base64_encode(text: str) -> Any:
    _check_length(text, "Base64Encode")
    return base64.b64encode(text.encode()).decode("ascii")


@_function("Base64Decode", str)
def _base64_decode(text: str) -> Any:
    _check_length(text, "Base64Decode")
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as failure:
        raise BadArgument("The argument of States.Base64Decode is not Base64 of UTF-8 text.") from failure


@_function("Hash", object, str)
def _hash(data: Any, algorithm: Any) -> Any:
    if algorithm not in _HASHES:
        raise BadArgument(f"Unknown hash algorithm; known are {', '.join(_HASHES)}.")
    text = data if isinstance(data, str) else dump(data)
    _check_length(text, "Hash")
    return hashlib.new(_HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()


@_function("JsonMerge", dict, dict, bool)
def _json_merge(first: Any, second: Any, deep: Any) -> Any:
    if deep:
        raise BadArgument("States.JsonMerge knows shallow merging only: the third argument must be false.")
    return {**first, **second}


@_function("StringToJson", str)
def _string_to_json(text: str) -> Any:
    if not text.strip():
        return None
    try:
        return load(text)
    except ValueError as failure:
        raise BadArgument("The argument of States.StringToJson is not JSON text.") from failure


@_function("JsonToString", object)
def _json_to_string(value: Any) -> Any:
    return dump(value)


def _math_random(arguments: list[Any], rng: random.Random) -> Any:
    if len(arguments) == 3:
        rng = random.Random(_rounded(_checked(arguments, (_NUMBER,) * 3, "MathRandom")[2]))  # noqa: S311
    start, end = map(_rounded, _checked(arguments[:2], (_NUMBER,) * 2, "MathRandom"))
    if start >= end:
        raise BadArgument("The start of States.MathRandom must be less than its end.")
    return rng.randrange(start, end)


@_function("MathAdd", _NUMBER, _NUMBER)
def _math_add(first: Any, second: Any) -> Any:
    return _rounded(first) + _rounded(second)


@_function("StringSplit", str, str)
def _string_split(text: str, delimiters: Any) -> Any:
    if not delimiters:
        return [text] if text else []
    return [part for part in re.split(f"[{re.escape(delimiters)}]", text) if part]


def _uuid(arguments: list[Any], rng: random.Random) -> Any:
    _checked(arguments, (), "UUID")
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _format(arguments: list[Any], _: random.Random) -> Any:
    if not arguments or not isinstance(arguments[0], str):
        raise BadArgument("The first argument of States.Format must be a string.")
    template, values = arguments[0], iter(arguments[1:])
    result: list[str] = []
    used = 0
    for piece in re.split(r"(\\.|\{\})", template, flags=re.DOTALL):
        if piece == "{}":
            used += 1
            value = next(values, _MISSING)
            if value is not _MISSING:
                result.append(value if isinstance(value, str) else dump(value))
        else:
            result.append(piece[1:] if len(piece) == 2 and piece[0] == "\\" and piece[1] in "{}\\" else piece)
    if used != len(arguments) - 1:
        raise BadArgument("The number of {} in the template differs from the number of values of States.Format.")
    return "".join(result)


_MISSING = object()


def _check_length(text: str, name: str) -> None:
    if len(text) > _MAX_TEXT_CHARACTERS:
        raise BadArgument(f"States.{name} takes at most {_MAX_TEXT_CHARACTERS} characters.")


FUNCTIONS.update(
    {
        "Array": lambda arguments, _: list(arguments),
        "MathRandom": _math_random,
        "UUID": _uuid,
        "Format": _format,
    }
)
