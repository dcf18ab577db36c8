"""Why a record was rejected: the first of a fixed list of reasons, found with patterns, not row by row.

Flows in: rejected raw records. Flows out: one reason code per record:
    encoding            not UTF-8
    nul                 holds a NUL byte
    blank               an empty line
    repeated_header     the header again
    quotes              a quote where RFC 4180 has none, or one missing
    line_end            ends otherwise than the header does, or holds a CR
    field_count         more or fewer fields than the contract has columns
    null:<column>       null in a column that may not be
    value:<column>:<type>   not one of the type's exact spellings (grammar.py)
and from typed.py inexact:<column>:double, null:<column>, too_long:<column>:<bytes>, empty_partition:<column> and
unfit_partition:<column> (longer than a folder's name can be, or Hive's name of null).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from strict_csv.grammar import UTF8, RecordGrammar
from strict_csv.kernels import kernels as pc
from strict_csv.records import matches

QUOTES = "quotes"
_NUL = r"\x00"
_BLANK = r"\A\r?\n\z"


def reasons(records: pa.BinaryArray, *, grammar: RecordGrammar, header: bytes) -> np.ndarray:
    """One reason per record, in order (of dtype object: each reason is one str, however often it is there)."""
    diagnosis = _Diagnosis(records)
    if grammar.quoted_newlines:  # first of all: where quotes go wrong, no record can be told from the next
        diagnosis.where_not(grammar.closed_quotes, QUOTES)
    diagnosis.where_not(UTF8, "encoding")
    diagnosis.where(_NUL, "nul")
    diagnosis.where(_BLANK, "blank")
    diagnosis.set(diagnosis.open & pc.equal(records, header).to_numpy(zero_copy_only=False), "repeated_header")
    if not grammar.quoted_newlines:
        diagnosis.where_not(grammar.line_end, "line_end")
        diagnosis.where_not(grammar.quoting, QUOTES)
    else:  # closed_quotes holds, so that only a CR can be out of place
        diagnosis.where_not(grammar.quoting, "line_end")
    diagnosis.where_not(grammar.field_count, "field_count")
    places = np.flatnonzero(diagnosis.open)
    for found, place in _first_wrong(records, places, grammar, 0, len(grammar.columns)):
        column, those = grammar.columns[place], records.take(pa.array(found))
        diagnosis.reasons[found] = f"value:{column.name}:{column.type}"
        if not column.nullable:
            diagnosis.reasons[found[matches(those, grammar.null(place))]] = f"null:{column.name}"
    return diagnosis.reasons


def _first_wrong(
    records: pa.BinaryArray, places: np.ndarray, grammar: RecordGrammar, start: int, end: int
) -> Iterator[tuple[np.ndarray, int]]:
    """(places, the first column that is wrong there), by halves: one pattern per column would take as long for one
    record of 200 columns as for thousands."""
    if not len(places):
        return
    half = max(1, (end - start) // 2)
    right = matches(records.take(pa.array(places)), grammar.fields(start, start + half))
    if end - start == 1:
        yield places[~right], start
        return
    yield from _first_wrong(records, places[~right], grammar, start, start + half)
    yield from _first_wrong(records, places[right], grammar, start + half, end)


class _Diagnosis:
    """Which records have no reason yet, and the reasons found."""

    def __init__(self, records: pa.BinaryArray) -> None:
        self._records = records
        self.open = np.ones(len(records), bool)
        self.reasons = np.full(len(records), "unknown", object)

    def where(self, pattern: str, reason: str) -> None:
        if self.open.any():
            self.set(self.open & matches(self._records, pattern), reason)

    def where_not(self, pattern: str, reason: str) -> None:
        if self.open.any():
            self.set(self.open & ~matches(self._records, pattern), reason)

    def set(self, found: np.ndarray, reason: str) -> None:
        self.reasons[found] = reason
        self.open &= ~found
