"""The writer's implementation of the checksums that `lake/ledger/entry.py` defines; verify has its own.

Flows in: typed pyarrow arrays. Flows out: uint64 hashes per value, sums modulo 2**64. Vectorised: a
string is hashed eight bytes at a time over the whole column. The compiled core, where there is one, has its own.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

import numpy as np
import pyarrow as pa

from strict_csv.core import load_core

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_NULL = np.uint64(0xA5A5F00D5EED0001)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_CHUNK = 16384  # values whose temporaries stay in the cache
_LONG = 512  # bytes from which a string is hashed by itself


class Hashes(Protocol):
    """Computes hashes: core.Core or NumpyHashes."""

    def add_hashes(self, column: pa.Array, weight: int, rows: np.ndarray) -> int:
        """Add weight * value_hash of each value to `rows` (uint64); the sum of the hashes, modulo 2**64."""
        ...

    def mix(self, words: np.ndarray) -> int:
        """mix() of each word, in place; their sum modulo 2**64."""
        ...


class NumpyHashes:
    """Where no compiled core is."""

    def add_hashes(self, column: pa.Array, weight: int, rows: np.ndarray) -> int:
        hashes = value_hashes(column)
        total = _sum(hashes)
        hashes *= np.uint64(weight)
        rows += hashes
        return total

    def mix(self, words: np.ndarray) -> int:
        _mix_chunks(words)
        return _sum(words)


class ChecksumSums:
    """Running sums over tables: per column, and over whole rows."""

    def __init__(self, *, hashes: Hashes | None = None) -> None:
        """`hashes`: who computes them, by default the compiled core where there is one, else numpy."""
        self._hashes = hashes or load_core() or NumpyHashes()
        self._columns: dict[str, int] = {}
        self._rows = 0

    def add(self, table: pa.Table) -> np.ndarray:
        """Add every row of `table`, which has all columns of the contract; gives the row hashes."""
        hashed = []
        for batch in table.to_batches():
            rows = np.zeros(batch.num_rows, np.uint64)
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                total = self._hashes.add_hashes(column, weight(name), rows)
                self._columns[name] = (self._columns.get(name, 0) + total) % 2**64
            self._rows = (self._rows + self._hashes.mix(rows)) % 2**64
            hashed.append(rows)
        return hashed[0] if len(hashed) == 1 else np.concatenate([np.empty(0, np.uint64), *hashed])

    def merge(self, other: ChecksumSums) -> None:
        """Add what another instance has seen."""
        for name, total in other._columns.items():
            self._columns[name] = (self._columns.get(name, 0) + total) % 2**64
        self._rows = (self._rows + other._rows) % 2**64

    @property
    def columns(self) -> dict[str, str]:
        return {name: f"{total:016x}" for name, total in self._columns.items()}

    @property
    def digest(self) -> str:
        return f"{self._rows:016x}"


def weight(name: str) -> int:
    """The odd number that a column's hashes are weighed with inside a row."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little") | 1


def value_hashes(column: pa.Array) -> np.ndarray:
    """value_hash of each value; the array is the caller's to change."""
    kind = column.type
    if pa.types.is_string(kind):
        hashes = _string_hashes(column)
    elif pa.types.is_boolean(kind):
        hashes = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False).astype(np.uint64)
        _mix_words(hashes)
    elif pa.types.is_date32(kind):
        hashes = _fixed(column, np.int32, 1).astype(np.int64).view(np.uint64)
        _mix_words(hashes)
    elif pa.types.is_decimal128(kind):
        hashes = _decimal_hashes(column)
    else:
        hashes = _fixed(column, np.uint64, 1).copy()
        _mix_words(hashes)
    if column.null_count:
        hashes[column.is_null().to_numpy(zero_copy_only=False)] = _NULL
    return hashes


def _fixed(column: pa.Array, kind: type, width: int) -> np.ndarray:
    """The values' own memory (undefined where null)."""
    size = np.dtype(kind).itemsize
    start = column.offset * width * size
    if not len(column):
        return np.empty(0, kind)
    return np.frombuffer(column.buffers()[1], kind, count=len(column) * width, offset=start)


def _decimal_hashes(column: pa.Array) -> np.ndarray:
    words = _fixed(column, np.uint64, 2)
    if column.type.precision <= 18:
        hashes = words[::2].copy()
        _mix_words(hashes)
        return hashes
    low, high = words[::2] + _GOLDEN, words[1::2] + _GOLDEN + _GOLDEN
    _mix_chunks(low)
    _mix_chunks(high)
    low += high
    low += np.uint64(16)
    _mix_chunks(low)
    return low


def _string_hashes(column: pa.Array) -> np.ndarray:
    count = len(column)
    if not count:
        return np.empty(0, np.uint64)
    _, offsets_buffer, data = column.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int32, count=count + 1, offset=column.offset * 4)
    starts = offsets[:-1].astype(np.int64)
    lengths = np.diff(offsets).astype(np.int64)
    hashes = lengths.astype(np.uint64)
    if data is not None and data.size:
        _add_words(hashes, _padded(data), starts, lengths)
    _mix_chunks(hashes)
    return hashes


def _padded(data: pa.Buffer) -> np.ndarray:
    """The bytes as overlapping little-endian words, one starting at every byte."""
    size = data.size
    padded = np.zeros(size + 8, np.uint8)
    padded[:size] = np.frombuffer(data, np.uint8)
    return np.ndarray((size + 1,), "<u8", buffer=padded, strides=(1,))


def _add_words(hashes: np.ndarray, words: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> None:
    long = np.flatnonzero(lengths > _LONG)
    for place in long:
        hashes[place] += _long_sum(words, int(starts[place]), int(lengths[place]))
    active = np.flatnonzero((lengths > 0) & (lengths <= _LONG))
    at = 0
    while len(active):
        remaining = lengths[active] - 8 * at
        word = words[starts[active] + 8 * at]
        partial = remaining < 8
        if partial.any():
            word &= np.where(partial, _MASKS[np.minimum(remaining, 8)], _MASKS[8])
        word += np.uint64((int(_GOLDEN) * (at + 1)) % 2**64)
        _mix_chunks(word)
        hashes[active] += word
        at += 1
        active = active[remaining > 8]


_MASKS = np.array([(1 << (8 * n)) - 1 for n in range(9)], np.uint64)


def _long_sum(words: np.ndarray, start: int, length: int) -> np.uint64:
    taken = words[start : start + length : 8].copy()
    if length % 8:
        taken[-1] &= _MASKS[length % 8]
    taken += np.arange(1, len(taken) + 1, dtype=np.uint64) * _GOLDEN
    _mix_chunks(taken)
    return taken.sum(dtype=np.uint64)


def _mix_words(words: np.ndarray) -> None:
    words += _GOLDEN
    _mix_chunks(words)


def _mix_chunks(words: np.ndarray) -> None:
    """mix() of each word, in place."""
    shifted = np.empty(min(len(words), _CHUNK), np.uint64)
    for start in range(0, len(words), _CHUNK):
        part = words[start : start + _CHUNK]
        room = shifted[: len(part)]
        np.right_shift(part, np.uint64(30), out=room)
        np.bitwise_xor(part, room, out=part)
        np.multiply(part, _FIRST, out=part)
        np.right_shift(part, np.uint64(27), out=room)
        np.bitwise_xor(part, room, out=part)
        np.multiply(part, _SECOND, out=part)
        np.right_shift(part, np.uint64(31), out=room)
        np.bitwise_xor(part, room, out=part)


def _sum(hashes: np.ndarray) -> int:
    return int(hashes.sum(dtype=np.uint64))
