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

from strict_csv import core as native
from strict_csv.columns import ColumnRoom, TextRoom
from strict_csv.contract import Contract
from strict_csv.core import Core
from strict_csv.errors import ReaderDisagreed
from strict_csv.header import Header
from strict_csv.judged import Judge, Judged
from strict_csv.patterns import PatternJudge
from strict_csv.records import cut_at_line, slices, text_of
from strict_csv.round_trip import is_exact
from strict_csv.typed import arrow_schema, arrow_type

_CAPACITY = 65536  # rejected records, and doubtful doubles, of one call


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
        self._header_again = header.may_be_a_record(contract.null_values)
        self._texts = TextRoom()

    @functools.cached_property
    def _patterns(self) -> PatternJudge:
        return PatternJudge(contract=self._contract, header=self._header)

    def cut(self, begun: bytes, more: bytes) -> tuple[bytes, bytes]:
        if not self._quoted_newlines:
            return cut_at_line(begun, more)
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
        columns = self._header.columns
        lines_left = self._core.count(data[at:], b"\n")  # all of it: bytes are not copied
        rows = min(lines_left, size // len(columns)) + 1  # a good record has at least a byte for each column
        room = ColumnRoom(
            columns=columns,
            partition_by=self._contract.partition_by,
            rows=rows,
            size_bytes=size,
            texts=self._texts,
        )
        capacity = max(_CAPACITY, 2 * len(columns))
        rejected = np.empty((capacity, native.REJECTED_WIDTH), np.int64)
        doubts = np.empty((capacity, native.DOUBT_WIDTH), np.int64)
        job = native.Job(
            data=(native.address(data) or 0) + at,
            size=size,
            columns=room.described,
            header=native.address(self._header.text),
            header_size=len(self._header.text) if self._header_again else 0,
            nulls=native.address(self._nulls) if self._nulls else None,
            null_ends=self._null_ends.ctypes.data,
            column_count=len(columns),
            null_count=len(self._null_ends),
            crlf=self._header.line_end == "\r\n",
            quoted_newlines=self._quoted_newlines,
            safe_size=min((column.max_bytes for column in columns if column.type == "string"), default=len(data)),
            row_capacity=rows,
            rejected_capacity=capacity,
            doubt_capacity=capacity,
            rejected=rejected.ctypes.data,
            doubts=doubts.ctypes.data,
        )
        self._core.read_records(ctypes.byref(job))
        places = rejected[: job.rejected_count, :3]
        wrong = self._wrong(data, at, doubts[: job.doubt_count], room)
        table = self._table(room, job.rows)
        if wrong:
            kept = np.ones(job.rows, bool)
            kept[list(wrong)] = False
            table = table.filter(pa.array(kept))
            places = np.concatenate([places, np.array(list(wrong.values()), np.int64)])
            places = places[np.argsort(places[:, 0])]
        return _Piece(
            table=table,
            rejected=places + np.array([at, at, lines]),
            lines=job.lines,
            longest_start=at + job.longest_start,
            longest_bytes=job.longest_size,
            consumed=job.consumed,
        )

    def _table(self, room: ColumnRoom, rows: int) -> pa.Table:
        arrays = room.arrays(rows)
        absent = [column for column in self._contract.columns if column.name not in arrays]
        arrays |= {column.name: pa.nulls(rows, arrow_type(column)) for column in absent}
        return pa.Table.from_arrays([arrays[name] for name in self._schema.names], schema=self._schema)

    def _wrong(self, data: bytes, at: int, doubts: np.ndarray, room: ColumnRoom) -> dict[int, tuple[int, int, int]]:
        """Rows with a double that says more than it can hold, and their records; puts the others' values in place."""
        wrong = {}
        for row, place, start, end, record_start, record_end, lines in doubts.tolist():
            text = data[at + start : at + end].decode()
            value = float(text)
            if is_exact(text, value):
                room.put_double(place=place, row=row, value=value)
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
