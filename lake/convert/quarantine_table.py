"""Rejected records as rows of a table: where they stood, why they were rejected, and their raw text."""

from __future__ import annotations

import pyarrow as pa

from strict_csv.reader import RejectedRecords

SCHEMA = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),
        pa.field("byte_start", pa.int64(), nullable=False),
        pa.field("byte_end", pa.int64(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("raw", pa.binary(), nullable=False),  # bytes: it may be no UTF-8 at all
    ]
)


def quarantine_table(key: str, rejected: RejectedRecords) -> pa.Table:
    """One row per rejected record of the file `key`."""
    columns = [
        pa.repeat(key, len(rejected)),
        pa.array(rejected.byte_starts),
        pa.array(rejected.byte_ends),
        pa.array(rejected.lines),
        pa.array(rejected.reasons, pa.string()),
        rejected.raw,
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)
