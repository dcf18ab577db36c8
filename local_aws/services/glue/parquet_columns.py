"""What a crawler sees in the Parquet files of one table: their schemas' columns as `(name, Hive type)` pairs.

In: an S3 client and keys. Out: the columns, those of later files that the earlier lack at the end. Only footers are
read. Files that disagree about a type are an error: AWS would make two tables of them or choose a type, and a reader of
either would fail later.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from local_aws.services.glue.csv_classifier import Columns, column_name

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


def parquet_columns(schema: pa.Schema) -> Columns:
    """Hive's names for the file's types."""
    return [(column_name(field.name), _hive_type(field.type)) for field in schema]


def _hive_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp"
    if pa.types.is_dictionary(kind):
        return _hive_type(kind.value_type)
    names = {
        pa.types.is_int64: "bigint",
        pa.types.is_int32: "int",
        pa.types.is_int16: "smallint",
        pa.types.is_int8: "tinyint",
        pa.types.is_float64: "double",
        pa.types.is_float32: "float",
        pa.types.is_boolean: "boolean",
        pa.types.is_date32: "date",
        pa.types.is_string: "string",
        pa.types.is_large_string: "string",
        pa.types.is_binary: "binary",
    }
    for test, name in names.items():
        if test(kind):
            return name
    raise ValueError(f"no Hive type for Parquet type {kind}")
