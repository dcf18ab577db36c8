"""The memory that the compiled core writes columns into, and the Arrow arrays made of it.

Flows in: a file's columns and how many rows there can be. Flows out: core.c's descriptions, later arrays. One piece of
memory serves all columns: allocating each of 200 apart took longer than reading them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from strict_csv import core as native
from strict_csv.contract import Column
from strict_csv.typed import arrow_type, folder_bytes

_WIDTHS = {"string": 4, "date": 4, "decimal": 16}  # of a string: its offset
_ALIGNMENT = 64
_MAX_OFFSET = 2**31 - 1
_ROOM = 32  # bytes beyond a text that the core may write over
_KEPT_BYTES = 64 * 1024 * 1024


class TextRoom:
    """Where the texts of each column are put together; used again for the next block, and copied from.

    A column may take all of a block's bytes, but only what was ever written to is real memory.
    """

    def __init__(self) -> None:
        self._rooms: dict[str, np.ndarray] = {}
        self._used: dict[str, int] = {}

    def of(self, name: str, size_bytes: int) -> np.ndarray:
        if len(self._rooms.get(name, b"")) < size_bytes + _ROOM:
            self._rooms[name] = np.empty(size_bytes + _ROOM, np.uint8)
        return self._rooms[name]

    def take(self, name: str, size_bytes: int) -> pa.Buffer:
        """A copy of the first bytes."""
        self._used[name] = max(size_bytes, self._used.get(name, 0))
        return pa.py_buffer(self._rooms[name][:size_bytes].tobytes())

    def tidy(self) -> None:
        """Give the rooms up once much of them was written to."""
        if sum(self._used.values()) > _KEPT_BYTES:
            self._rooms, self._used = {}, {}


class ColumnRoom:
    """Room for `rows` rows of `columns`, whose texts come from `size_bytes` of CSV; the core gets `described`."""

    def __init__(
        self, *, columns: Sequence[Column], partition_by: Sequence[str], rows: int, size_bytes: int, texts: TextRoom
    ) -> None:
        self._columns, self._texts = columns, texts
        sizes = [_aligned(_room_bytes(column, rows)) for column in columns]
        validity_bytes = _aligned(-(-rows // 8))
        starts = np.cumsum([0, *sizes])
        memory = np.empty(int(starts[-1]) + len(columns) * validity_bytes, np.uint8)
        self._values = [memory[start : start + size] for start, size in zip(starts, sizes, strict=False)]
        self._validity = memory[starts[-1] :].reshape(len(columns), validity_bytes)
        self._validity.fill(0xFF)
        self.described = (native.Column * len(columns))()
        for place, column in enumerate(columns):
            self._describe(self.described[place], place, column, size_bytes)
            if column.name in partition_by:
                self.described[place].folder_bytes = folder_bytes(column)

    def _describe(self, target: native.Column, place: int, column: Column, size_bytes: int) -> None:
        target.kind = native.KINDS["decimal" if column.decimal else column.type]
        target.nullable = column.nullable
        target.validity = self._validity[place].ctypes.data
        target.values = self._values[place].ctypes.data
        if column.decimal:
            precision, scale = column.decimal
            target.whole_digits, target.scale = precision - scale, scale
        if column.type == "string":
            target.max_bytes = min(column.max_bytes, _MAX_OFFSET)
            target.offsets = target.values
            self._values[place][:4] = 0
            target.values = self._texts.of(column.name, size_bytes).ctypes.data

    def put_double(self, *, place: int, row: int, value: float) -> None:
        """Give a double that the core was not sure of."""
        self._values[place].view(np.float64)[row] = value

    def arrays(self, rows: int) -> dict[str, pa.Array]:
        """The first `rows` rows by column name; the room is theirs from now on."""
        found = {}
        for place, column in enumerate(self._columns):
            nulls = self.described[place].nulls
            buffers = [pa.py_buffer(self._validity[place]) if nulls else None, pa.py_buffer(self._values[place])]
            if column.type == "string":
                buffers.append(self._texts.take(column.name, int(self._values[place].view(np.int32)[rows])))
            found[column.name] = pa.Array.from_buffers(arrow_type(column), rows, buffers, nulls)
        self._texts.tidy()
        return found


def _room_bytes(column: Column, rows: int) -> int:
    if column.type == "boolean":
        return -(-rows // 8)
    return (rows + 1) * _WIDTHS.get("decimal" if column.decimal else column.type, 8)


def _aligned(size_bytes: int) -> int:
    return -(-size_bytes // _ALIGNMENT) * _ALIGNMENT
