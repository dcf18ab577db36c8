"""Judges records by the patterns of grammar.py, run by RE2 over raw bytes, and parses the good ones with pyarrow.

Flows in: whole records. Flows out: `Judged`. The reader where no compiled core is, and the second opinion on every
record that the compiled core rejects.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from strict_csv.contract import Contract
from strict_csv.diagnosis import reasons
from strict_csv.grammar import RecordGrammar
from strict_csv.header import Header
from strict_csv.judged import Judged
from strict_csv.kernels import kernels as pc
from strict_csv.records import (
    GROUP_RECORDS,
    cut_at_line,
    matches,
    matches_in_groups,
    record_array,
    record_ends,
    text_of,
    utf8_valid,
)
from strict_csv.typed import Broken, TypedParser


class PatternJudge:
    """Judges the records of one file, whose header is given."""

    def __init__(self, *, contract: Contract, header: Header) -> None:
        self._header = header
        self._quoted_newlines = contract.newlines == "allowed"
        self._grammar = RecordGrammar(contract=contract, columns=header.columns, line_end=header.line_end)
        self._one, self._many = self._grammar.record, self._grammar.records
        self._clean = True
        self._parser = TypedParser(contract=contract, columns=header.columns)
        self._header_again = header.may_be_a_record(contract.null_values)

    def cut(self, begun: bytes, more: bytes) -> tuple[bytes, bytes]:
        if not self._quoted_newlines:
            return cut_at_line(begun, more)
        data = begun + more
        ends = record_ends(data, newlines_in_quotes=True)
        cut = int(ends[-1]) if len(ends) else 0
        return data[:cut], data[cut:]

    def judge(self, data: bytes) -> Judged:
        ends = record_ends(data, newlines_in_quotes=self._quoted_newlines)
        judged_bytes = int(ends[-1]) if len(ends) else 0
        data = data[:judged_bytes]  # what lies behind is a quoted field that never ends
        records = record_array(data, ends)
        good = self._accepted(data, ends, records)
        table, broken = self._parse(data, records, good)
        why = np.full(len(ends), "", object)
        table = _without(table, good, broken, why)
        bad = np.flatnonzero(~good)
        diagnosed = bad[why[bad] == ""]
        if len(diagnosed):
            rejected = records.take(pa.array(diagnosed))
            why[diagnosed] = reasons(rejected, grammar=self._grammar, header=self._header.text)
        starts = np.zeros(len(ends), np.int64)
        starts[1:] = ends[:-1]
        lengths = ends - starts
        longest = int(lengths.argmax()) if len(ends) else None
        return Judged(
            table=table,
            starts=starts[bad],
            ends=ends[bad],
            lines_before=self._lines_before(data, bad, starts),
            reasons=why[bad],
            lines=data.count(b"\n") if self._quoted_newlines else len(ends),
            longest_start=0 if longest is None else int(starts[longest]),
            longest_bytes=0 if longest is None else int(lengths[longest]),
            judged_bytes=judged_bytes,
        )

    def _lines_before(self, data: bytes, bad: np.ndarray, starts: np.ndarray) -> np.ndarray:
        if not self._quoted_newlines or not len(bad):
            return bad
        lines = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
        return np.searchsorted(lines, starts[bad])

    def _accepted(self, data: bytes, ends: np.ndarray, records: pa.BinaryArray) -> np.ndarray:
        if self._clean and len(ends) > GROUP_RECORDS:  # a pattern takes a while to compile
            good = matches_in_groups(data, ends, one=self._one, many=self._many)
        else:
            good = matches(records, self._one)
        # where most groups would fail, the next block is matched record by record at once
        self._clean = 2 * GROUP_RECORDS * (len(good) - np.count_nonzero(good)) <= len(good)
        valid = utf8_valid(data, records)
        if valid is not None:
            good = good & valid
        if self._header_again:
            good = good & ~pc.equal(records, self._header.text).to_numpy(zero_copy_only=False)
        return good

    def _parse(self, data: bytes, records: pa.BinaryArray, good: np.ndarray) -> tuple[pa.Table, list[Broken]]:
        if good.all():
            return self._parser.parse(data, records=len(records))
        kept = records.filter(pa.array(good))
        return self._parser.parse(text_of(kept), records=len(kept))


def _without(table: pa.Table, good: np.ndarray, broken: list[Broken], why: np.ndarray) -> pa.Table:
    """The table without broken rows; clears them in `good` and puts the first reason of each into `why`."""
    if not broken:
        return table
    accepted = np.flatnonzero(good)
    for rule in reversed(broken):
        why[accepted[rule.places]] = rule.reason
        good[accepted[rule.places]] = False
    return table.filter(pa.array(good[accepted]))
