"""What the expressions of a state can see: its input, the context object and the variables.

In: a path text with its root (`$`, `$$`, `$variable`). Out: the value, or the failure in AWS's words.
Does not evaluate templates or functions (template.py), and never changes what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.asl.runtime.errors import PathNotFound, StateRuntimeError
from local_aws.asl.runtime.jsonpath import BadPath, Path, parse_path
from local_aws.asl.runtime.jsonpath_filter import BadFilter

_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)(.*)\Z", re.DOTALL)


@dataclass(frozen=True)
class RootedPath:
    """A parsed path and where it starts: `$`, `$$` or a variable's name."""

    text: str
    root: str
    path: Path


def parse_rooted(text: str) -> RootedPath:
    """Parse a path text; raises `BadPath`."""
    try:
        if text.startswith("$$"):
            return RootedPath(text=text, root="$$", path=parse_path(text[1:]))
        variable = _VARIABLE.match(text)
        if variable:
            return RootedPath(text=text, root=variable.group(1), path=parse_path("$" + variable.group(2)))
        return RootedPath(text=text, root="$", path=parse_path(text))
    except BadFilter as refusal:
        raise BadPath(str(refusal)) from refusal


@dataclass(frozen=True)
class Scope:
    """Values behind `$`, `$$` and `$variable`."""

    input: Any
    context: Mapping[str, Any]
    variables: Mapping[str, Any]

    def find(self, text: str) -> Any:
        """The value at a path; raises `PathNotFound` with Jayway's message."""
        rooted = parse_rooted(text)
        if rooted.root == "$":
            return rooted.path.find(self.input)
        if rooted.root == "$$":
            return rooted.path.find(self.context)
        if rooted.root not in self.variables:
            raise PathNotFound(f"The variable '{rooted.root}' was never assigned")
        return rooted.path.find(self.variables[rooted.root])

    def select(self, text: str | None) -> Any:
        """The value of InputPath, OutputPath or ItemsPath (None: an empty object)."""
        if text is None:
            return {}
        try:
            return self.find(text)
        except PathNotFound as missing:
            raise StateRuntimeError(f"Invalid path '{text}' : {missing}") from missing
