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

_MAX_RANGE_ITEMS = 1000
_MAX_TEXT_CHARACTERS = 10_000
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


class BadArgument(ValueError):
    """An argument was of the wrong number, type or size."""


Function = Callable[[list[Any], random.Random], Any]


def _take(arguments: list[Any], *kinds: type | tuple[type, ...], name: str) -> list[Any]:
    """Check the number and JSON types of the arguments (bool is never a number)."""
    if len(arguments) != len(kinds):
        raise BadArgument(f"States.{name} takes {len(kinds)} arguments, not {len(arguments)}.")
    for number, (argument, kind) in enumerate(zip(arguments, kinds, strict=True), start=1):
        wanted = kind if isinstance(kind, tuple) else (kind,)
        is_stray_bool = isinstance(argument, bool) and bool not in wanted and object not in wanted
        if is_stray_bool or not isinstance(argument, wanted):
            raise BadArgument(f"Invalid type for argument {number} of States.{name}.")
    return arguments


_NUMBER = (int, float)


def _rounded(number: float) -> int:
    return number if isinstance(number, int) else math.floor(number + 0.5)


def _same(left: Any, right: Any) -> bool:
    """Equality of JSON values: 1, 1.0 and true are three different things, in depth."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(_same(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    return bool(left == right)


def _array(arguments: list[Any], _: random.Random) -> Any:
    return list(arguments)


def _array_partition(arguments: list[Any], _: random.Random) -> Any:
    array, size = _take(arguments, list, _NUMBER, name="ArrayPartition")
    size = _rounded(size)
    if size <= 0:
        raise BadArgument("The second argument of States.ArrayPartition must be a positive integer.")
    return [array[start : start + size] for start in range(0, len(array), size)]


def _array_contains(arguments: list[Any], _: random.Random) -> Any:
    array, wanted = _take(arguments, list, object, name="ArrayContains")
    return any(_same(item, wanted) for item in array)


def _array_range(arguments: list[Any], _: random.Random) -> Any:
    start, end, step = map(_rounded, _take(arguments, _NUMBER, _NUMBER, _NUMBER, name="ArrayRange"))
    if step == 0:
        raise BadArgument("The step of States.ArrayRange must not be 0.")
    items = range(start, end + (1 if step > 0 else -1), step)
    if len(items) > _MAX_RANGE_ITEMS:
        raise BadArgument(f"States.ArrayRange makes at most {_MAX_RANGE_ITEMS} items.")
    return list(items)


def _array_get_item(arguments: list[Any], _: random.Random) -> Any:
    array, index = _take(arguments, list, int, name="ArrayGetItem")
    if not 0 <= index < len(array):
        raise BadArgument(f"Index {index} is out of bounds for an array of length {len(array)}.")
    return array[index]


def _array_length(arguments: list[Any], _: random.Random) -> Any:
    (array,) = _take(arguments, list, name="ArrayLength")
    return len(array)


def _array_unique(arguments: list[Any], _: random.Random) -> Any:
    (array,) = _take(arguments, list, name="ArrayUnique")
    unique: list[Any] = []
    for item in array:
        if not any(_same(item, seen) for seen in unique):
            unique.append(item)
    return unique


def _base64_encode(arguments: list[Any], _: random.Random) -> Any:
    (text,) = _take(arguments, str, name="Base64Encode")
    _check_length(text, "Base64Encode")
    return base64.b64encode(text.encode()).decode("ascii")


def _base64_decode(arguments: list[Any], _: random.Random) -> Any:
    (text,) = _take(arguments, str, name="Base64Decode")
    _check_length(text, "Base64Decode")
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as failure:
        raise BadArgument("The argument of States.Base64Decode is not Base64 of UTF-8 text.") from failure


def _hash(arguments: list[Any], _: random.Random) -> Any:
    data, algorithm = _take(arguments, object, str, name="Hash")
    if algorithm not in _HASHES:
        raise BadArgument(f"Unknown hash algorithm; known are {', '.join(_HASHES)}.")
    text = data if isinstance(data, str) else dump(data)
    _check_length(text, "Hash")
    return hashlib.new(_HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def _json_merge(arguments: list[Any], _: random.Random) -> Any:
    first, second, deep = _take(arguments, dict, dict, bool, name="JsonMerge")
    if deep:
        raise BadArgument("States.JsonMerge knows shallow merging only: the third argument must be false.")
    return {**first, **second}


def _string_to_json(arguments: list[Any], _: random.Random) -> Any:
    (text,) = _take(arguments, str, name="StringToJson")
    if not text.strip():
        return None
    try:
        return load(text)
    except ValueError as failure:
        raise BadArgument("The argument of States.StringToJson is not JSON text.") from failure


def _json_to_string(arguments: list[Any], _: random.Random) -> Any:
    (value,) = _take(arguments, object, name="JsonToString")
    return dump(value)


def _math_random(arguments: list[Any], rng: random.Random) -> Any:
    if len(arguments) == 3:
        rng = random.Random(_rounded(_take(arguments, _NUMBER, _NUMBER, _NUMBER, name="MathRandom")[2]))  # noqa: S311
    start, end = map(_rounded, _take(arguments[:2], _NUMBER, _NUMBER, name="MathRandom"))
    if start >= end:
        raise BadArgument("The start of States.MathRandom must be less than its end.")
    return rng.randrange(start, end)


def _math_add(arguments: list[Any], _: random.Random) -> Any:
    first, second = _take(arguments, _NUMBER, _NUMBER, name="MathAdd")
    return _rounded(first) + _rounded(second)


def _string_split(arguments: list[Any], _: random.Random) -> Any:
    text, delimiters = _take(arguments, str, str, name="StringSplit")
    if not delimiters:
        return [text] if text else []
    return [part for part in re.split(f"[{re.escape(delimiters)}]", text) if part]


def _uuid(arguments: list[Any], rng: random.Random) -> Any:
    _take(arguments, name="UUID")
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


FUNCTIONS: dict[str, Function] = {
    "Array": _array,
    "ArrayPartition": _array_partition,
    "ArrayContains": _array_contains,
    "ArrayRange": _array_range,
    "ArrayGetItem": _array_get_item,
    "ArrayLength": _array_length,
    "ArrayUnique": _array_unique,
    "Base64Encode": _base64_encode,
    "Base64Decode": _base64_decode,
    "Hash": _hash,
    "JsonMerge": _json_merge,
    "StringToJson": _string_to_json,
    "JsonToString": _json_to_string,
    "MathRandom": _math_random,
    "MathAdd": _math_add,
    "StringSplit": _string_split,
    "UUID": _uuid,
    "Format": _format,
}
