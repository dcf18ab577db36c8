"""COPY of Parquet files by manifest into one table, with Redshift's rules.

In: a DuckDB connection inside a transaction, an S3 client of the COPY role, a parsed COPY. Out: the number of rows, or
`CopyFailed`. Columns map by position; counts and types must match; a missing file fails; one error fails everything;
files are Parquet v1, and within the limits of limits.py.
Source: Amazon Redshift Database Developer Guide, "COPY from columnar data formats" and "Using a manifest".
"""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from local_aws.services.redshift.dialect import Copy
from local_aws.services.redshift.limits import check_values
from local_aws.services.redshift.parquet_version import beyond_v1
from local_aws.services.s3_location import s3_location


class CopyFailed(Exception):
    """The message is what DescribeStatement shows as Error; it never holds a value."""


def copy_into(connection: duckdb.DuckDBPyConnection, s3: Any, copy: Copy) -> int:
    """Loads every file of the manifest; raises CopyFailed, or BeyondLimit."""
    target = _target_columns(connection, copy)
    rows = 0
    for entry in _entries(s3, copy.manifest):
        table = _read(s3, entry)
        if table is None:
            continue
        _check(table, target, entry["url"])
        naive = [_naive(column) for column in table.columns]
        view = pa.table(dict(zip((f"c{index}" for index in range(len(naive))), naive, strict=True)))
        connection.register("copied", view)
        try:
            connection.execute(f"INSERT INTO {copy.table} SELECT * FROM copied")  # noqa: S608 - a parsed name
        finally:
            connection.unregister("copied")
        rows += table.num_rows
    return rows


def _target_columns(connection: duckdb.DuckDBPyConnection, copy: Copy) -> list[tuple[str, str]]:
    try:
        shown = connection.execute(f"DESCRIBE {copy.table}").fetchall()
    except duckdb.Error as error:
        raise CopyFailed(f'relation "{copy.table}" does not exist') from error
    return [(row[0].lower(), str(row[1])) for row in shown]


def _entries(s3: Any, location: str) -> list[dict[str, Any]]:
    at = s3_location(location)
    try:
        text = s3.get_object(Bucket=at.bucket, Key=at.key)["Body"].read()
        entries = json.loads(text)["entries"]
    except ClientError as error:
        raise CopyFailed(f"manifest {location}: {error.response['Error']['Code']}") from error
    except (ValueError, KeyError) as error:
        raise CopyFailed(f"manifest {location} is not a JSON object with entries") from error
    if not entries:
        raise CopyFailed(f"manifest {location} is empty")
    for entry in entries:
        if not isinstance(entry.get("meta", {}).get("content_length"), int):
            raise CopyFailed(f"manifest {location}: meta.content_length is required for Parquet ({entry.get('url')})")
    return entries


def _read(s3: Any, entry: dict[str, Any]) -> pa.Table | None:
    at = s3_location(entry["url"])
    try:
        data = s3.get_object(Bucket=at.bucket, Key=at.key)["Body"].read()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchKey" and not entry.get("mandatory", False):
            return None
        raise CopyFailed(f"S3ServiceException: {code}, {entry['url']}") from error
    if len(data) != entry["meta"]["content_length"]:
        raise CopyFailed(f"manifest says {entry['meta']['content_length']} bytes, {entry['url']} has {len(data)}")
    try:
        newer = beyond_v1(data)
        table = pq.ParquetFile(pa.BufferReader(data)).read(use_threads=False)
    except pa.ArrowInvalid as error:
        raise CopyFailed(f"{entry['url']} is not a valid Parquet file") from error
    if newer:
        raise CopyFailed(f"{entry['url']} is no Parquet v1: {newer}")
    return table


def _check(table: pa.Table, target: list[tuple[str, str]], url: str) -> None:
    if table.num_columns != len(target):
        raise CopyFailed(
            f"Unmatched number of columns between table and file. Table columns: {len(target)}, "
            f"Data columns: {table.num_columns}, File name: {url}"
        )
    for (name, kind), field in zip(target, table.schema, strict=True):
        if not _fits(field.type, kind):
            raise CopyFailed(f"column {name}: {url} has an incompatible Parquet schema: {field.type} for {kind}")
    check_values(table, url)


def _fits(kind: pa.DataType, redshift: str) -> bool:
    if redshift.startswith("DECIMAL"):
        return pa.types.is_decimal(kind) and redshift == f"DECIMAL({kind.precision},{kind.scale})"
    return {
        "BIGINT": pa.types.is_int64,
        "INTEGER": pa.types.is_int32,
        "SMALLINT": pa.types.is_int16,
        "DOUBLE": pa.types.is_float64,
        "VARCHAR": lambda one: pa.types.is_string(one) or pa.types.is_large_string(one),
        "BOOLEAN": pa.types.is_boolean,
        "DATE": pa.types.is_date32,
        "TIMESTAMP": pa.types.is_timestamp,
    }[redshift](kind)


def _naive(column: pa.ChunkedArray) -> pa.ChunkedArray:
    # Redshift's timestamp has no zone; UTC values are stored as they read.
    return column.cast(pa.timestamp("us")) if pa.types.is_timestamp(column.type) else column
