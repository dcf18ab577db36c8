"""A key's typed values as 128 bits, so that keys of any width are compared, sorted and spilled alike.

Flows in: rows with the key's columns. Flows out: two unsigned 64-bit hashes a row, each made as the row hash of
`lake/ledger/entry.py` is, over the key's columns alone; the second with other weights, and over text read backwards.
Nulls are equal, 0.0 and -0.0 are not. Two of a thousand million different keys meet with a probability of about
1e-21; who writes files in order to make them meet can have a row quarantined (never lost), as its raw text shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from strict_csv.checksums import Hashes, NumpyHashes, weight
from strict_csv.core import load_core
from strict_csv.kernels import kernels as pc


def key_hashes(table: pa.Table, names: Sequence[str], *, hashes: Hashes | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(high, low): the hashes of the columns `names` of each row; `hashes` as in ChecksumSums."""
    hashes = hashes or load_core() or NumpyHashes()
    high, low = np.zeros(table.num_rows, np.uint64), np.zeros(table.num_rows, np.uint64)
    start = 0
    for batch in table.select(list(names)).to_batches():
        end = start + batch.num_rows
        for name, column in zip(names, batch.columns, strict=True):
            hashes.add_hashes(column, weight(name), high[start:end])
            hashes.add_hashes(_other_words(column), _other_weight(name), low[start:end])
        start = end
    hashes.mix(high)
    hashes.mix(low)
    return high, low


def _other_words(column: pa.Array) -> pa.Array:
    """The same values, such that a hash of several words is of other words (texts from their end to their start); one
    word is hashed without loss anyway."""
    kind = column.type
    if pa.types.is_decimal128(kind) and kind.precision > 18:
        column = column.cast(pa.string())
    if not pa.types.is_string(column.type):
        return column
    text = pc.binary_reverse(column.view(pa.binary()))
    validity, offsets, data = text.buffers()
    return pa.StringArray.from_buffers(len(text), offsets, data, validity, text.null_count, text.offset)


def _other_weight(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[8:16], "little") | 1
