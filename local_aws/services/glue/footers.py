"""The columns of all Parquet files of one table, from their footers.

In: an S3 client and keys. Out: `(name, type)` pairs, those of later files that the earlier lack at the end. Data pages
are not read. Files that disagree about a type are an error: AWS would make two tables of them or choose a type, and a
reader of either would fail later.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from local_aws.services.glue.schema import Columns, parquet_columns

_TAIL_BYTES = 64 * 1024
_TRAILER_BYTES = 8  # the footer's length and the magic


def columns_of_files(s3: Any, *, bucket: str, keys: Iterable[str]) -> Columns:
    """Raises ArrowInvalid for what is no Parquet file and ValueError for files that disagree."""
    found: dict[str, str] = {}
    for key in keys:
        for name, kind in parquet_columns(_schema(s3, bucket, key)):
            if found.setdefault(name, kind) != kind:
                raise ValueError(f"column {name} is {found[name]} in some files and {kind} in {key}")
    return list(found.items())


def _schema(s3: Any, bucket: str, key: str) -> pa.Schema:
    tail = _tail(s3, bucket, key, _TAIL_BYTES)
    size = int.from_bytes(tail[-_TRAILER_BYTES:-4], "little") + _TRAILER_BYTES
    if tail.endswith(b"PAR1") and size > len(tail):
        tail = _tail(s3, bucket, key, size)
    return pq.read_schema(pa.BufferReader(tail))


def _tail(s3: Any, bucket: str, key: str, size_bytes: int) -> bytes:
    return s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=-{size_bytes}")["Body"].read()
