"""The checksum of lake/ledger/entry.py's docstring, implemented a second time, over Arrow columns.

Flows in: Arrow arrays as read from Parquet. Flows out: one unsigned 64-bit hash per value, and sums.
It shares nothing with the reader's implementation but the definition, so that one defect can't hide
in both.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Hashes = npt.NDArray[np.uint64]

_GOLDEN = 0x9E3779B97F4A7C15
_NULL = np.uint64(0xA5A5F00D5EED0001)
_MASK = 2**64 - 1


def value_hashes(array: pa.Array) -> Hashes:
    """One hash per value; raises TypeError for an Arrow type that no contract type is stored as."""
    valid = np.asarray(array.is_valid().to_numpy(zero_copy_only=False))
    return np.where(valid, _hash_words(array), _NULL)


def weight(column: str) -> np.uint64:
    """The odd factor of a column in the row hash."""
    return np.uint64(int.from_bytes(hashlib.sha256(column.encode()).digest()[:8], "little") | 1)


def mix(words: Hashes) -> Hashes:
    """The finaliser of splitmix64, element by element."""
    mixed = words ^ (words >> np.uint64(30))
    mixed = mixed * np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed = mixed * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def total(hashes: Hashes) -> int:
    """The sum modulo 2**64."""
    return int(np.add.reduce(hashes, dtype=np.uint64)) if len(hashes) else 0


def spell(checksum: int) -> str:
    """16 lower case hex digits, as the ledger writes a checksum."""
    return f"{checksum & _MASK:016x}"


def _hash_words(array: pa.Array) -> Hashes:
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _text_hashes(array.cast(pa.large_string()))
    if pa.types.is_decimal128(kind):
        halves = np.frombuffer(array.buffers()[1], dtype="<u8").reshape(-1, 2)
        halves = halves[array.offset : array.offset + len(array)]
        if kind.precision <= 18:
            return mix(halves[:, 0] + np.uint64(_GOLDEN))
        parts = mix(halves[:, 0] + _step(1)) + mix(halves[:, 1] + _step(2))
        return mix(parts + np.uint64(16))
    return mix(_single_words(array) + np.uint64(_GOLDEN))


def _single_words(array: pa.Array) -> Hashes:
    kind = array.type
    if pa.types.is_float64(kind):
        return array.fill_null(0.0).to_numpy(zero_copy_only=False).view(np.uint64)
    if pa.types.is_boolean(kind):
        return array.fill_null(False).to_numpy(zero_copy_only=False).astype(np.uint64)
    if pa.types.is_date32(kind):
        array = array.cast(pa.int32()).cast(pa.int64())
    elif pa.types.is_timestamp(kind):
        array = array.cast(pa.timestamp("us", tz=kind.tz)).cast(pa.int64())
    elif not pa.types.is_int64(kind):
        raise TypeError(f"no contract type is stored as {kind}")
    return array.fill_null(0).to_numpy(zero_copy_only=False).view(np.uint64)


def _text_hashes(array: pa.Array) -> Hashes:
    """Word by word over all strings at once: the i-th round takes those longer than 8 * i bytes."""
    _, offsets_buffer, data_buffer = array.buffers()
    if not len(array):
        return np.zeros(0, dtype=np.uint64)
    offsets = np.frombuffer(offsets_buffer, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    starts, lengths = offsets[:-1], np.diff(offsets)
    data = np.frombuffer(data_buffer, dtype=np.uint8) if data_buffer is not None else np.zeros(0, np.uint8)
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([data, np.zeros(8, np.uint8)]), 8)
    sums = lengths.astype(np.uint64)
    position = 0
    chosen = np.flatnonzero(lengths > 0)
    while len(chosen):
        words = np.ascontiguousarray(windows[starts[chosen] + 8 * position]).view("<u8").ravel()
        inside = np.minimum(lengths[chosen] - 8 * position, 8).astype(np.uint64)
        words = words & (np.uint64(_MASK) >> (np.uint64(64) - np.uint64(8) * inside))
        sums[chosen] += mix(words + _step(position + 1))
        position += 1
        chosen = chosen[lengths[chosen] > 8 * position]
    return mix(sums)


def _step(number: int) -> np.uint64:
    return np.uint64(number * _GOLDEN & _MASK)
