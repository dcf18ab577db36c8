"""Rejected records as rows of a table: where they stood, why they were rejected, and what they said."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from glue_scripts.strict_csv.reader import Rejected

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


def quarantine_table(key: str, rejected: Sequence[Rejected]) -> pa.Table:
    """One row per rejected record of the file `key`."""
    columns = [
        [key] * len(rejected),
        [record.byte_start for record in rejected],
        [record.byte_end for record in rejected],
        [record.line for record in rejected],
        [record.reason for record in rejected],
        [record.raw for record in rejected],
    ]
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)
