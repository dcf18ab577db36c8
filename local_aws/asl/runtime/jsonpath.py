"""JSONPath as Step Functions reads it: the Jayway dialect, with its errors.

In: a path text and a JSON value. Out: the value found, or `PathNotFound` with the text AWS puts in its cause.
A path without wildcard, slice, filter or `..` is definite: it finds one value or fails. Any other finds a list,
which may be empty. Writing (`ResultPath`) knows plain member and index steps only.
Not done: script expressions and path functions (`.length()`), which the language has intrinsics for.

Own code, because jsonpath-ng knows neither of the two things that matter here: definite paths that fail with
Jayway's messages (they end up in an execution's cause) and Jayway's filter syntax.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from local_aws.asl.runtime.errors import PathNotFound
from local_aws.asl.runtime.json_text import dump
from local_aws.asl.runtime.json_types import is_array, is_object
from local_aws.asl.runtime.jsonpath_filter import Filter, parse_filter


class BadPath(ValueError):
    """The text is not a JSONPath this reader knows."""


@dataclass(frozen=True)
class Member:
    """`.name`, `['name']` or several names."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Index:
    """`[0]`, `[-1]` or several."""

    indexes: tuple[int, ...]


@dataclass(frozen=True)
class Slice:
    """`[start:stop:step]`."""

    start: int | None
    stop: int | None
    step: int | None


@dataclass(frozen=True)
class Wildcard:
    """`.*` or `[*]`."""


@dataclass(frozen=True)
class Descent:
    """`..`: every value below, itself included."""


@dataclass(frozen=True)
class Condition:
    """`[?(...)]`."""

    filter: Filter


Token = Member | Index | Slice | Wildcard | Descent | Condition

_DOT_NAME = re.compile(r"[^\s.\[\]()'\",]+(?: [^\s.\[\]()'\",]+)*")
_INDEXES = re.compile(r"\s*-?\d+\s*(?:,\s*-?\d+\s*)*\Z")
_SLICE = re.compile(r"\s*(-?\d+)?\s*:\s*(-?\d+)?\s*(?::\s*(-?\d+)?\s*)?\Z")


@dataclass(frozen=True)
class Path:
    """A parsed path below its root (`$`, `$$` or `$variable` are the caller's business)."""

    text: str
    tokens: tuple[Token, ...]

    @property
    def is_definite(self) -> bool:
        return all(
            isinstance(token, Member) or (isinstance(token, Index) and len(token.indexes) == 1) for token in self.tokens
        )

    @property
    def is_reference(self) -> bool:
        """Whether it names exactly one place that could be written to."""
        return self.is_definite and all(len(token.names) == 1 for token in self.tokens if isinstance(token, Member))

    def find(self, value: Any) -> Any:
        """The value (definite) or the list of values (not); `PathNotFound` only for the former."""
        if self.is_definite:
            return _find_one(self.tokens, value)
        return list(_find_all(self.tokens, value))


@lru_cache(maxsize=4096)
def parse_path(text: str) -> Path:
    """Parse a path that starts with `$`; raises `BadPath`."""
    if not text.startswith("$"):
        raise BadPath(f"A JSONPath starts with '$': {text}")
    return Path(text=text, tokens=tuple(_tokens(text, 1)))


def _tokens(text: str, position: int) -> list[Token]:
    tokens: list[Token] = []
    while position < len(text):
        if text.startswith("..", position):
            tokens.append(Descent())
            position += 2
            if position < len(text) and text[position] == "[":
                continue
        elif text[position] == ".":
            position += 1
        elif text[position] == "[":
            end = _closing_bracket(text, position)
            tokens.append(_bracket(text[position + 1 : end], text))
            position = end + 1
            continue
        else:
            raise BadPath(f"Unexpected character at {position} in {text}")
        if position < len(text) and text[position] == "*":
            tokens.append(Wildcard())
            position += 1
            continue
        match = _DOT_NAME.match(text, position)
        if match is None:
            raise BadPath(f"A name is missing at {position} in {text}")
        tokens.append(Member((match.group(),)))
        position = match.end()
    return tokens


def _closing_bracket(text: str, start: int) -> int:
    depth, quote, position = 0, "", start
    while position < len(text):
        character = text[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                quote = ""
        elif character in "'\"":
            quote = character
        elif character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    raise BadPath(f"A bracket is never closed in {text}")


def _bracket(inner: str, text: str) -> Token:
    stripped = inner.strip()
    if stripped == "*":
        return Wildcard()
    if stripped.startswith("?(") and stripped.endswith(")"):
        return Condition(parse_filter(stripped[2:-1]))
    if stripped[:1] in ("'", '"'):
        return Member(tuple(_quoted_names(stripped, text)))
    if _INDEXES.match(inner):
        return Index(tuple(int(part) for part in inner.split(",")))
    match = _SLICE.match(inner)
    if match:
        start, stop, step = (None if part is None else int(part) for part in match.groups())
        return Slice(start, stop, step)
    raise BadPath(f"Unknown expression [{inner}] in {text}")


def _quoted_names(inner: str, text: str) -> list[str]:
    names: list[str] = []
    position = 0
    while position < len(inner):
        quote = inner[position]
        if quote not in "'\"":
            raise BadPath(f"A quoted name is missing in {text}")
        # Greedy up to a quote that ends the name: AWS takes an inner quote of the other kind, and \\ as itself.
        end = position + 1
        while end < len(inner) and inner[end] != quote:
            end += 2 if inner[end] == "\\" and inner[end + 1 : end + 2] == quote else 1
        names.append(inner[position + 1 : end].replace("\\" + quote, quote))
        rest = inner[end + 1 :].lstrip()
        if not rest:
            return names
        if not rest.startswith(","):
            raise BadPath(f"A comma is missing in {text}")
        inner, position = rest[1:].lstrip(), 0
    raise BadPath(f"A quoted name is missing in {text}")


def _find_one(tokens: tuple[Token, ...], value: Any) -> Any:
    place = "$"
    for depth, token in enumerate(tokens):
        is_leaf = depth == len(tokens) - 1
        if isinstance(token, Member):
            value = _member(token, value, place, is_leaf)
            place += "[" + ",".join(f"'{name}'" for name in token.names) + "]"
        elif isinstance(token, Index):
            value = _index(token.indexes[0], value, place)
            place += f"[{token.indexes[0]}]"
    return value


def _member(token: Member, value: Any, place: str, is_leaf: bool) -> Any:
    if not is_object(value):
        kind = _java_type(value)
        raise PathNotFound(
            f"Expected to find an object with property ['{token.names[0]}'] in path {place} but found '{kind}'. "
            f"This is not a json object according to the JsonProvider: "
            f"'com.jayway.jsonpath.spi.json.JacksonJsonProvider'."
        )
    if len(token.names) != 1:
        return {name: value[name] for name in token.names if name in value}
    name = token.names[0]
    if name not in value:
        here = f"{place}['{name}']"
        raise PathNotFound(f"No results for path: {here}" if is_leaf else f"Missing property in path {here}")
    return value[name]


def _index(index: int, value: Any, place: str) -> Any:
    if not is_array(value):
        raise PathNotFound(f"Filter: [{index}] can only be applied to arrays. Current context is: {_java_text(value)}")
    if not -len(value) <= index < len(value):
        raise PathNotFound(f"No results for path: {place}[{index}]")
    return value[index]


def _java_type(value: object) -> str:
    names: dict[type, str] = {
        str: "java.lang.String", bool: "java.lang.Boolean", int: "java.lang.Integer",
        float: "java.lang.Double", list: "java.util.ArrayList",
    }  # fmt: skip
    return next((name for kind, name in names.items() if type(value) is kind), "null")


def _java_text(value: Any) -> str:
    return "null" if value is None else str(value)


def _find_all(tokens: tuple[Token, ...], value: Any) -> list[Any]:
    values = [value]
    for token in tokens:
        values = [found for each in values for found in _step(token, each)]
    return values


def _step(token: Token, value: Any) -> list[Any]:
    match token:
        case Member(names):
            return [value[name] for name in names if name in value] if is_object(value) else []
        case Index(indexes):
            if not is_array(value):
                return []
            return [value[index] for index in indexes if -len(value) <= index < len(value)]
        case Slice(start, stop, step):
            return value[start:stop:step] if is_array(value) else []
        case Wildcard():
            return _children(value)
        case Descent():
            return [value, *(below for child in _children(value) for below in _step(token, child))]
        case Condition(condition):
            candidates = value if is_array(value) else [value]
            return [each for each in candidates if condition(each)]


def _children(value: Any) -> list[Any]:
    if is_object(value):
        return list(value.values())
    return list(value) if is_array(value) else []


def put(path: Path, document: Any, value: Any) -> Any:
    """A copy of the document with the value at a reference path, objects created on the way (`ResultPath`).

    Raises `PathNotFound` where the document has something else than an object or array in the way.
    """
    if not path.tokens:
        return value
    result = copy.deepcopy(document)
    place: Any = result
    for depth, token in enumerate(path.tokens):
        if not isinstance(token, Member | Index):
            raise PathNotFound(f"{path.text} is not a Reference Path")
        key: Any = token.names[0] if isinstance(token, Member) else token.indexes[0]
        if not _is_place(token, key, place):
            raise PathNotFound(f"Unable to apply ReferencePath {path.text} to input {dump(document)}")
        if depth == len(path.tokens) - 1:
            place[key] = value
        else:
            place = place.setdefault(key, {}) if isinstance(token, Member) else place[key]
    return result


def _is_place(token: Member | Index, key: Any, container: Any) -> bool:
    if isinstance(token, Member):
        return is_object(container)
    return is_array(container) and -len(container) <= key < len(container)
