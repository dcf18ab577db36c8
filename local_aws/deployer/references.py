"""Finds what a template's value refers to, without resolving it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLACEHOLDER = re.compile(r"\$\{([^!${}][^${}]*)\}")


def references(value: Any) -> Iterator[tuple[str, Any]]:
    """(function, argument) pairs: ("Ref", name), ("Fn::GetAtt", name), ("Condition", name), ("Fn::FindInMap", map),
    ("Fn::GetStackOutput", (stack, output)), and ("unknown", function) for a function that nobody knows."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, Mapping):
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name == "Ref":
                yield "Ref", argument
                return
            if name == "Condition" and isinstance(argument, str):
                yield "Condition", argument
                return
            if name.startswith("Fn::"):
                yield from _of_function(name, argument)
                return
        for item in value.values():
            yield from references(item)


def placeholders(text: str) -> list[str]:
    """The names in `${...}` of a Fn::Sub text; `${!literal}` is none."""
    return _PLACEHOLDER.findall(text)


def substitute(text: str, value_of: Any) -> str:
    """The text with every placeholder replaced by `value_of(name)`."""
    replaced = _PLACEHOLDER.sub(lambda match: str(value_of(match[1])), text)
    return replaced.replace("${!", "${")


def stack_output(argument: Any) -> tuple[str, str]:
    """(stack, output) of a Fn::GetStackOutput argument in either spelling."""
    if isinstance(argument, Mapping):
        return argument["StackName"], argument["OutputName"]
    stack, output = argument[0], argument[1]
    return stack, output


def _of_function(name: str, argument: Any) -> Iterator[tuple[str, Any]]:
    match name:
        case "Fn::GetAtt":
            yield name, argument.split(".", 1)[0] if isinstance(argument, str) else argument[0]
        case "Fn::Sub":
            text, given = (argument, {}) if isinstance(argument, str) else argument
            for found in placeholders(text):
                if found not in given:
                    yield ("Fn::GetAtt", found.split(".", 1)[0]) if "." in found else ("Ref", found)
            yield from references(list(given.values()))
        case "Fn::If":
            yield "Condition", argument[0]
            yield from references(argument[1:])
        case "Fn::FindInMap":
            yield name, argument[0]
            yield from references(argument[1:])
        case "Fn::GetStackOutput":
            yield name, stack_output(argument)
        case "Fn::Join" | "Fn::Select" | "Fn::Split" | "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Base64":
            yield from references(argument)
        case "Fn::GetAZs" | "Fn::Cidr" | "Fn::ImportValue" | "Fn::ToJsonString":
            yield from references(argument)
        case _:
            yield "unknown", name
