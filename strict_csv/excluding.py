"""A judge that rejects more: rows that are good by themselves and were found to be one too many.

Flows in: another judge and, file by file, the ordinals of the accepted rows to reject with their reasons. Flows
out: the same judgement with those rows among the rejected. Which rows these are is the caller's to know.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from strict_csv.compiled import fastest_judge
from strict_csv.contract import Contract
from strict_csv.header import Header
from strict_csv.judged import Judge, Judged, JudgeMaker
from strict_csv.records import record_ends


@dataclass(frozen=True, kw_only=True)
class Excluded:
    """Rows of one unit to reject: `ordinals` (from 0, ascending) among its accepted rows; `reasons` by place in
    `ordinals`, as indices of `names`."""

    ordinals: np.ndarray
    reasons: np.ndarray
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ExcludingJudges:
    """Makes judges of one file, or one part of a file."""

    excluded: Excluded
    judges: JudgeMaker = fastest_judge

    def __call__(self, *, contract: Contract, header: Header) -> Judge:
        judge = self.judges(contract=contract, header=header)
        return _ExcludingJudge(judge, self.excluded, quoted_newlines=contract.newlines == "allowed")


class _ExcludingJudge:
    """Counts the accepted rows from block to block."""

    def __init__(self, judge: Judge, excluded: Excluded, *, quoted_newlines: bool) -> None:
        self._judge, self._excluded, self._quoted_newlines = judge, excluded, quoted_newlines
        self._accepted = 0
        self.cut = judge.cut

    def judge(self, data: bytes) -> Judged:
        judged = self._judge.judge(data)
        first, self._accepted = self._accepted, self._accepted + judged.table.num_rows
        here = slice(*np.searchsorted(self._excluded.ordinals, [first, self._accepted]).tolist())
        rows = self._excluded.ordinals[here] - first
        if not len(rows) or judged.judged_bytes != len(data):
            return judged
        names = np.array(self._excluded.names, object)[self._excluded.reasons[here]]
        return self._without(judged, data, rows, names)

    def _without(self, judged: Judged, data: bytes, rows: np.ndarray, names: np.ndarray) -> Judged:
        ends = record_ends(data, newlines_in_quotes=self._quoted_newlines)
        starts = np.concatenate([[0], ends[:-1]])
        accepted = np.ones(len(ends), bool)
        accepted[np.searchsorted(starts, judged.starts)] = False
        places = np.flatnonzero(accepted)[rows]
        kept = np.ones(judged.table.num_rows, bool)
        kept[rows] = False
        merged = np.concatenate([judged.starts, starts[places]])
        order = np.argsort(merged)
        reasons = np.concatenate([judged.reasons, names])
        return replace(
            judged,
            table=judged.table.filter(pa.array(kept)),
            starts=merged[order],
            ends=np.concatenate([judged.ends, ends[places]])[order],
            lines_before=np.concatenate([judged.lines_before, self._lines_before(data, starts, places)])[order],
            reasons=reasons[order],
        )

    def _lines_before(self, data: bytes, starts: np.ndarray, places: np.ndarray) -> np.ndarray:
        if not self._quoted_newlines:
            return places
        return np.searchsorted(np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")), starts[places])
