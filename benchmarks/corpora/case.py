"""One file of a corpus, and which rows a reader may make of it.

Flows in: what a corpus knows of its files. Flows out: `Case`s, or an `Unjudged` with the reason why nobody can say
what is right. All texts are compared with null and empty text alike: no corpus tells them apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Row = tuple[object, ...]


@dataclass(frozen=True, kw_only=True)
class Case:
    """`required`: rows that must be delivered. `optional`: rows that may be. Any other one is silently wrong."""

    name: str
    content: bytes
    columns: Mapping[str, str]
    newlines: bool
    required: Counter[Row]
    optional: Counter[Row]


@dataclass(frozen=True, kw_only=True)
class Unjudged:
    """A file that was left out, and why."""

    name: str
    reason: str


def plain(row: Iterable[object]) -> Row:
    """The row with null as empty text."""
    return tuple("" if value is None else value for value in row)
