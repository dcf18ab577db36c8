"""Raw bytes as an array of records, without a copy.

Flows in: bytes that end with a line end. Flows out: pyarrow binary array, one record (its line end
included) per element. Whether a record is well formed is the grammar's business.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from strict_csv.grammar import UTF8
from strict_csv.kernels import kernels as pc

GROUP_RECORDS = 32
_LF, _CR = 10, 13
_QUOTE = 34


def record_ends(data: bytes, *, newlines_in_quotes: bool) -> np.ndarray:
    """Offsets just behind each record's LF. With `newlines_in_quotes`, an LF after an odd number of
    quotes is inside a field; `data` must start at a record."""
    found = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(found == _LF)
    if newlines_in_quotes:
        quotes = np.flatnonzero(found == _QUOTE)
        ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
    return ends + 1


def cut_at_line(begun: bytes, more: bytes) -> tuple[bytes, bytes]:
    """Whole lines, and the begun one behind them; `begun` is what the last call gave."""
    cut = more.rfind(b"\n") + 1
    if not cut:
        return b"", begun + more
    return b"".join((begun, memoryview(more)[:cut])), more[cut:]


def record_array(data: bytes, ends: np.ndarray) -> pa.BinaryArray:
    """The records of `data`, which is less than 2 GiB, that end at `ends`."""
    offsets = np.empty(len(ends) + 1, np.int32)
    offsets[0] = 0
    offsets[1:] = ends
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.binary(), len(ends), buffers)


def slices(data: bytes, starts: np.ndarray, ends: np.ndarray) -> pa.BinaryArray:
    """data[start:end] of each pair; pairs stand in order and do not overlap."""
    if not len(starts):
        return pa.nulls(0, pa.binary())  # pa.array would import pandas, half a second
    offsets = np.empty(2 * len(starts), np.int32)
    offsets[::2], offsets[1::2] = starts, ends
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    every = pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers)
    return every.take(pa.array(np.arange(0, len(offsets) - 1, 2)))


def text_of(records: pa.BinaryArray) -> bytes:
    """The records, end to end; of an array that filter or take made: it starts its own data buffer."""
    offsets = np.frombuffer(records.buffers()[1], np.int32, count=len(records) + 1)
    return records.buffers()[2].slice(0, int(offsets[-1])).to_pybytes()


def without_line_end(data: bytes, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """The ends without LF, or CRLF."""
    found = np.frombuffer(data, np.uint8)
    for line_end in (_LF, _CR):
        ends = ends - ((ends > starts) & (found[ends - 1] == line_end))
    return ends


def matches(records: pa.BinaryArray, pattern: str) -> np.ndarray:
    """Which records the RE2 pattern matches, as booleans."""
    return pc.match_substring_regex(records, pattern).to_numpy(zero_copy_only=False)


def matches_in_groups(data: bytes, ends: np.ndarray, *, one: str, many: str) -> np.ndarray:
    """Which records of `data` the pattern `one` matches; `many` matches what is nothing but such records.

    A call of RE2 costs as much as a third of a record, so groups are matched and only those that fail are
    looked at record by record. No group can pass by joining its records otherwise: where newlines are
    forbidden a record holds one LF, and where they are allowed a record has an even number of quotes, so that
    its LF is where `record_ends` has it.
    """
    group_ends = ends[GROUP_RECORDS - 1 :: GROUP_RECORDS]
    if len(ends) % GROUP_RECORDS:
        group_ends = np.append(group_ends, ends[-1])
    good = np.repeat(matches(record_array(data, group_ends), many), GROUP_RECORDS)[: len(ends)]
    doubtful = np.flatnonzero(~good)
    if len(doubtful):
        good[doubtful] = matches(record_array(data, ends).take(pa.array(doubtful)), one)
    return good


def utf8_valid(data: bytes, records: pa.BinaryArray) -> np.ndarray | None:
    """Which records are UTF-8, or None where all are: no character crosses a line end."""
    offsets = pa.py_buffer(np.array([0, len(data)], np.int32))
    try:
        pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return matches(records, UTF8)
    return None
