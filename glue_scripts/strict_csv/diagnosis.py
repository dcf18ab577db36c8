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
and from typed.py inexact:<column>:double, null:<column>, empty_partition:<column> and
unfit_partition:<column> (longer than a folder's name can be, or Hive's name of null).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from glue_scripts.strict_csv.grammar import UTF8, RecordGrammar
from glue_scripts.strict_csv.kernels import kernels as pc
from glue_scripts.strict_csv.records import matches

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
    for place, column in enumerate(grammar.columns):
        if not diagnosis.open.any():
            break
        wrong = diagnosis.open & ~matches(records, grammar.only(place))
        if not column.nullable and wrong.any():
            diagnosis.set(wrong & matches(records, grammar.null(place)), f"null:{column.name}")
        diagnosis.set(wrong & diagnosis.open, f"value:{column.name}:{column.type}")
    return diagnosis.reasons


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
