"""Raw bytes as an array of records, without a copy.

Flows in: bytes that end with a line end. Flows out: pyarrow binary array, one record (its line end
included) per element. Whether a record is well formed is the grammar's business.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from glue_scripts.strict_csv.grammar import UTF8
from glue_scripts.strict_csv.kernels import kernels as pc

_LF = 10
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


def record_array(data: bytes, ends: np.ndarray) -> pa.BinaryArray:
    """The records of `data`, which is less than 2 GiB, that end at `ends`."""
    offsets = np.empty(len(ends) + 1, np.int32)
    offsets[0] = 0
    offsets[1:] = ends
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.binary(), len(ends), buffers)


def matches(records: pa.BinaryArray, pattern: str) -> np.ndarray:
    """Which records the RE2 pattern matches, as booleans."""
    return pc.match_substring_regex(records, pattern).to_numpy(zero_copy_only=False)


def utf8_valid(data: bytes, records: pa.BinaryArray) -> np.ndarray | None:
    """Which records are UTF-8, or None where all are: no character crosses a line end."""
    offsets = pa.py_buffer(np.array([0, len(data)], np.int32))
    try:
        pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return matches(records, UTF8)
    return None
