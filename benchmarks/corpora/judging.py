"""What a reader delivered beside what it had to and what it might have.

Flows in: cases and delivered rows. Flows out: a verdict. Files that were read together are judged together: a reader
that keeps a ledger is held against its other engine file by file, so that nothing can cancel out there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.corpora.case import Case, Row


@dataclass(frozen=True, kw_only=True)
class Found:
    """The rows that a reader made of `cases`; `ledger` has its own counts by case, where it keeps any."""

    cases: Sequence[Case]
    rows: Counter[Row]
    ledger: Mapping[str, tuple[str, int, int]]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Rows silently wrong and rows lost; `files_at_fault` names the (first) file of each group with either."""

    reader: str
    wrong: int
    lost: int
    files_at_fault: tuple[str, ...]


def verdict_of(reader: str, found: Iterable[Found]) -> Verdict:
    """Wrong: delivered, and neither required nor optional. Lost: required and not delivered."""
    wrong = lost = 0
    at_fault = []
    for part in found:
        required = sum((case.required for case in part.cases), Counter())
        optional = sum((case.optional for case in part.cases), Counter())
        more, missing = part.rows - (required + optional), required - part.rows
        wrong, lost = wrong + more.total(), lost + missing.total()
        if more or missing:
            at_fault.append(part.cases[0].name)
    return Verdict(reader=reader, wrong=wrong, lost=lost, files_at_fault=tuple(at_fault))
