"""Where a branch was when it ended, so that a redrive can go on from there.

Values only: the state it was in, what that state was given, and the same for the branches or iterations inside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Done:
    """A branch or iteration that finished, with its result."""

    output: Any


@dataclass
class Checkpoint:
    """A state that was entered and not left. `children` is keyed by branch or item number."""

    name: str
    input: Any
    variables: dict[str, Any]
    entered: int
    children: dict[int, Done | Checkpoint] = field(default_factory=dict)
