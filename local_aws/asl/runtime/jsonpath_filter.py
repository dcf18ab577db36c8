"""The filters of a JSONPath, `[?(@.a == 'x' && @.b > 1)]`.

In: the text between the brackets, and one candidate value. Out: whether it passes.
Known: `@` paths of members and indexes, `== != < <= > >=`, `in`, `nin`, existence, `!`, `&&`, `||`, parentheses.
Not known (refused): regular expressions, functions and paths to the document's root.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from local_aws.asl.runtime.json_types import is_array, is_object

Filter = Callable[[Any], bool]

_LEXEME = re.compile(
    r"\s*(?:(?P<op>&&|\|\||==|!=|<=|>=|<|>|!|\(|\)|,)"
    r"|(?P<at>@(?:\.[\w\-]+|\['[^']*'\]|\[\d+\])*)"
    r"|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<word>[A-Za-z]+)"
    r"|(?P<list>\[[^\]]*\]))"
)
_STEP = re.compile(r"\.([\w\-]+)|\['([^']*)'\]|\[(\d+)\]")
_WORDS = {"true": True, "false": False, "null": None}
_ABSENT = object()

Operand = Callable[[Any], Any]


class BadFilter(ValueError):
    """The text is not a filter this reader knows."""


def parse_filter(text: str) -> Filter:
    """The predicate that a filter text stands for; raises `BadFilter`."""
    parser = _Parser(text)
    predicate = parser.either()
    if parser.peek() is not None:
        raise BadFilter(f"Unexpected {parser.peek()!r} in filter {text}")
    return predicate


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lexemes: list[tuple[str, str]] = []
        position = 0
        while text[position:].strip():
            match = _LEXEME.match(text, position)
            if match is None:
                raise BadFilter(f"Unknown syntax at {position} in filter {text}")
            self._lexemes.append((str(match.lastgroup), match.group(str(match.lastgroup))))
            position = match.end()
        self._next = 0

    def peek(self) -> str | None:
        return self._lexemes[self._next][1] if self._next < len(self._lexemes) else None

    def take(self) -> tuple[str, str]:
        if self._next >= len(self._lexemes):
            raise BadFilter(f"The filter ends too early: {self._text}")
        self._next += 1
        return self._lexemes[self._next - 1]

    def either(self) -> Filter:
        left = self.both()
        while self.peek() == "||":
            self.take()
            left = _any_of(left, self.both())
        return left

    def both(self) -> Filter:
        left = self.term()
        while self.peek() == "&&":
            self.take()
            left = _all_of(left, self.term())
        return left

    def term(self) -> Filter:
        if self.peek() == "!":
            self.take()
            inner = self.term()
            return lambda value: not inner(value)
        if self.peek() == "(":
            self.take()
            inner = self.either()
            if self.take()[1] != ")":
                raise BadFilter(f"A parenthesis is never closed: {self._text}")
            return inner
        left = self.operand()
        operator = self.peek()
        if operator not in ("==", "!=", "<", "<=", ">", ">=", "in", "nin"):
            return lambda value: left(value) is not _ABSENT
        self.take()
        return _comparison(operator, left, self.operand())

    def operand(self) -> Operand:
        kind, text = self.take()
        if kind == "at":
            steps = [int(index) if index else name or quoted for name, quoted, index in _STEP.findall(text)]
            return lambda value: _walk(steps, value)
        constant: Any
        if kind == "text":
            constant = re.sub(r"\\(.)", r"\1", text[1:-1])
        elif kind == "number":
            constant = json.loads(text)
        elif kind == "word" and text in _WORDS:
            constant = _WORDS[text]
        elif kind == "list":
            constant = json.loads(text.replace("'", '"'))
        else:
            raise BadFilter(f"{text!r} is no operand in filter {self._text}")
        return lambda _: constant


def _any_of(left: Filter, right: Filter) -> Filter:
    return lambda value: left(value) or right(value)


def _all_of(left: Filter, right: Filter) -> Filter:
    return lambda value: left(value) and right(value)


def _walk(steps: list[Any], value: Any) -> Any:
    for step in steps:
        try:
            # A string is a container too, and would answer an index with a character.
            value = value[step] if is_object(value) or is_array(value) else _ABSENT
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    return value


def _comparison(operator: str, left: Operand, right: Operand) -> Filter:
    def holds(value: Any) -> bool:
        first, second = left(value), right(value)
        if first is _ABSENT or second is _ABSENT:
            return operator == "!="
        if operator in ("in", "nin"):
            return (first in second) is (operator == "in")
        if operator in ("==", "!="):
            same = isinstance(first, bool) is isinstance(second, bool) and first == second
            return same is (operator == "==")
        if not _are_ordered(first, second):
            return False
        return {
            "<": first < second, "<=": first <= second, ">": first > second, ">=": first >= second,
        }[operator]  # fmt: skip

    return holds


def _are_ordered(first: Any, second: Any) -> bool:
    both_numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (first, second))
    return both_numbers or (isinstance(first, str) and isinstance(second, str))
