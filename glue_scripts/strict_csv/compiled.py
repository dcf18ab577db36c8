"""Judges records with the compiled core, straight from bytes to typed columns.

Flows in: whole records. Flows out: `Judged`. The core says which records are wrong, the patterns of grammar.py say why,
and must agree that they are; doubles that the core is not sure of are judged by round_trip.py.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from glue_scripts.strict_csv import core as native
from glue_scripts.strict_csv.core import Core
from glue_scripts.strict_csv.header import Header
from glue_scripts.strict_csv.judged import Judge, Judged
from glue_scripts.strict_csv.patterns import PatternJudge
from glue_scripts.strict_csv.records import slices, text_of
from glue_scripts.strict_csv.round_trip import is_exact
from glue_scripts.strict_csv.typed import ReaderDisagreed, arrow_schema, arrow_type
from pipeline.contract import Column, Contract

_ROOM = 32  # bytes beyond a text that the core may write over
_CAPACITY = 65536  # rejected records, and doubtful doubles, of one call
_WIDTHS = {"date": 4, "decimal": 16}
_KEPT_BYTES = 64 * 1024 * 1024


def fastest_judge(*, contract: Contract, header: Header) -> Judge:
    """The compiled core's where it was compiled for this platform, else the patterns'."""
    core = native.load_core()
    if core is None:
        return PatternJudge(contract=contract, header=header)
    return CompiledJudge(core=core, contract=contract, header=header)


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """What one call of the core read; `rejected` has rows of start, end, lines before."""

    table: pa.Table
    rejected: np.ndarray
    lines: int
    longest_start: int
    longest_bytes: int
    consumed: int


class CompiledJudge:
    """Judges the records of one file, whose header is given."""

    def __init__(self, *, core: Core, contract: Contract, header: Header) -> None:
        self._core = core
        self._contract, self._header = contract, header
        self._schema = arrow_schema(contract)
        self._quoted_newlines = contract.newlines == "allowed"
        self._nulls = "".join(contract.null_values).encode()
        lengths = [len(token.encode()) for token in contract.null_values]
        self._null_ends = np.cumsum(np.array(lengths, np.int32), dtype=np.int32)
        self._all_strings = all(column.type == "string" for column in header.columns)
        self._texts: dict[str, np.ndarray] = {}

    @functools.cached_property
    def _patterns(self) -> PatternJudge:
        return PatternJudge(contract=self._contract, header=self._header)

    def cut(self, begun: bytes, more: bytes) -> tuple[bytes, bytes]:
        if not self._quoted_newlines:
            cut = more.rfind(b"\n") + 1
            if not cut:
                return b"", begun + more
            return b"".join((begun, memoryview(more)[:cut])), more[cut:]
        data = begun + more
        cut = self._core.last_record_end(data, quoted_newlines=True)
        return data[:cut], data[cut:]

    def judge(self, data: bytes) -> Judged:
        pieces = list(self._pieces(data))
        rejected = np.concatenate([np.empty((0, 3), np.int64), *(piece.rejected for piece in pieces)])
        longest = max(pieces, key=lambda piece: piece.longest_bytes, default=None)
        tables = [piece.table for piece in pieces] or [self._schema.empty_table()]
        return Judged(
            table=tables[0] if len(tables) == 1 else pa.concat_tables(tables),
            starts=rejected[:, 0],
            ends=rejected[:, 1],
            lines_before=rejected[:, 2],
            reasons=self._reasons(data, rejected),
            lines=sum(piece.lines for piece in pieces),
            longest_start=longest.longest_start if longest else 0,
            longest_bytes=longest.longest_bytes if longest else 0,
            judged_bytes=sum(piece.consumed for piece in pieces),
        )

    def _pieces(self, data: bytes) -> Iterator[_Piece]:
        """One piece as a rule; more where more is wrong than a call can tell."""
        at = lines = 0
        while at < len(data):
            piece = self._piece(data, at, lines)
            if not piece.consumed:  # a quoted field that never ends
                return
            yield piece
            at, lines = at + piece.consumed, lines + piece.lines

    def _piece(self, data: bytes, at: int, lines: int) -> _Piece:
        size = len(data) - at
        start = (native.address(data) or 0) + at
        columns = self._header.columns
        lines_left = self._core.count(data[at:], b"\n")  # all of it: bytes are not copied
        rows = min(lines_left, size // len(columns)) + 1  # a good record has at least a byte for each column
        bits = -(-rows // 8)
        fixed: dict[str, np.ndarray] = {}
        offsets: dict[str, np.ndarray] = {}
        validity = np.full((len(columns), bits + 1), 0xFF, np.uint8)
        wanted = (native.Column * len(columns))()
        for place, column in enumerate(columns):
            target = wanted[place]
            self._describe(target, column)
            target.validity = validity[place].ctypes.data
            if column.type == "string":
                offsets[column.name] = np.zeros(rows + 1, np.int32)
                target.offsets = offsets[column.name].ctypes.data
                target.values = self._text(column.name, size + _ROOM).ctypes.data
            else:
                width = _WIDTHS.get("decimal" if column.decimal else column.type, 8)
                fixed[column.name] = (
                    np.zeros(bits, np.uint8) if column.type == "boolean" else np.empty(rows * width, np.uint8)
                )
                target.values = fixed[column.name].ctypes.data
        capacity = max(_CAPACITY, 2 * len(columns))
        rejected = np.empty((capacity, native.REJECTED_WIDTH), np.int64)
        doubts = np.empty((capacity, native.DOUBT_WIDTH), np.int64)
        job = native.Job(
            data=start,
            size=size,
            columns=wanted,
            header=native.address(self._header.text),
            header_size=len(self._header.text) if self._all_strings else 0,
            nulls=native.address(self._nulls) if self._nulls else None,
            null_ends=self._null_ends.ctypes.data,
            column_count=len(columns),
            null_count=len(self._null_ends),
            crlf=self._header.line_end == "\r\n",
            quoted_newlines=self._quoted_newlines,
            row_capacity=rows,
            rejected_capacity=capacity,
            doubt_capacity=capacity,
            rejected=rejected.ctypes.data,
            doubts=doubts.ctypes.data,
        )
        self._core.read_records(ctypes.byref(job))
        arrays = {}
        for place, column in enumerate(columns):
            valid = pa.py_buffer(validity[place]) if wanted[place].nulls else None
            kind = arrow_type(column)
            if column.type == "string":
                used = int(offsets[column.name][job.rows])
                text = self._texts[column.name][:used].tobytes()
                buffers = [valid, pa.py_buffer(offsets[column.name]), pa.py_buffer(text)]
            else:
                buffers = [valid, pa.py_buffer(fixed[column.name])]
            arrays[column.name] = pa.Array.from_buffers(kind, job.rows, buffers, wanted[place].nulls)
        places = rejected[: job.rejected_count, :3]
        for column in self._contract.columns:
            arrays.setdefault(column.name, pa.nulls(job.rows, arrow_type(column)))
        table = pa.Table.from_arrays([arrays[name] for name in self._schema.names], schema=self._schema)
        wrong = self._wrong(data, at, doubts[: job.doubt_count], fixed)
        if wrong:
            kept = np.ones(job.rows, bool)
            kept[list(wrong)] = False
            table = table.filter(pa.array(kept))
            places = np.concatenate([places, np.array(list(wrong.values()), np.int64)])
            places = places[np.argsort(places[:, 0])]
        self._forget()
        return _Piece(
            table=table,
            rejected=places + np.array([at, at, lines]),
            lines=job.lines,
            longest_start=at + job.longest_start,
            longest_bytes=job.longest_size,
            consumed=job.consumed,
        )

    def _describe(self, target: native.Column, column: Column) -> None:
        target.kind = native.KINDS["decimal" if column.decimal else column.type]
        target.nullable = column.nullable
        target.filled = column.name in self._contract.partition_by
        if column.decimal:
            precision, scale = column.decimal
            target.whole_digits, target.scale = precision - scale, scale

    def _text(self, name: str, size: int) -> np.ndarray:
        """Room for a column's text; kept, since only what is used of it is ever real memory."""
        if len(self._texts.get(name, b"")) < size:
            self._texts[name] = np.empty(size, np.uint8)
        return self._texts[name]

    def _forget(self) -> None:
        if sum(map(len, self._texts.values())) > _KEPT_BYTES:
            self._texts = {}

    def _wrong(
        self, data: bytes, at: int, doubts: np.ndarray, fixed: dict[str, np.ndarray]
    ) -> dict[int, tuple[int, int, int]]:
        """Rows with a double that says more than it can hold, and their records; puts the others' values in place."""
        wrong = {}
        for row, place, start, end, record_start, record_end, lines in doubts.tolist():
            text = data[at + start : at + end].decode()
            value = float(text)
            if is_exact(text, value):
                fixed[self._header.columns[place].name].view(np.float64)[row] = value
            else:
                wrong[row] = (record_start, record_end, lines)
        return wrong

    def _reasons(self, data: bytes, rejected: np.ndarray) -> np.ndarray:
        """From the patterns, which must reject each of them too."""
        if not len(rejected):
            return np.empty(0, object)
        records = slices(data, rejected[:, 0], rejected[:, 1])
        judged = self._patterns.judge(text_of(records))
        if judged.table.num_rows or len(judged.reasons) != len(rejected):
            raise ReaderDisagreed(
                f"the compiled core rejected {len(rejected)} records of {self._contract.dataset}, the patterns "
                f"{len(judged.reasons)} of them; report this"
            )
        return judged.reasons
