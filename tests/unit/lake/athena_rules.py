"""Athena's documented way to read Parquet, emulated: what would a query over these files give?

Rules: columns are looked up by name in each file, whatever their place; one that a file lacks is null; one whose type
is not the table's is an error. Partition values come from the path and are of the type that the catalog gives their
key; a value that is none of it is an error, and so is a name that is there twice.
https://docs.aws.amazon.com/athena/latest/ug/handling-schema-updates-chapter.html
https://docs.aws.amazon.com/athena/latest/ug/alter-table-add-partition.html (a column that is a partition key too)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from local_aws.services.glue.parquet_columns import parquet_columns

_KEY_TYPES = {"string": str, "int": int, "bigint": int, "date": date.fromisoformat}


class HiveBadData(Exception):
    """A file's column is of another type than the table's."""


class HiveInvalidMetadata(Exception):
    """The table descriptor contains duplicate columns."""


class HiveInvalidPartitionValue(Exception):
    """A folder's value is none of the type of its partition key."""


def athena_rows(
    files: Mapping[str, bytes], *, columns: list[tuple[str, str]], partitions: list[tuple[str, str]]
) -> list[tuple[Any, ...]]:
    """Rows of `SELECT <partitions>, <columns>`, in no order; both are the catalog's (name, Hive type)."""
    names = [name for name, _ in (*partitions, *columns)]
    if len(set(names)) < len(names):
        raise HiveInvalidMetadata(f"duplicate columns in {names}")
    rows = []
    for key, body in files.items():
        table = pq.ParquetFile(pa.BufferReader(body)).read()
        there = {name: place for place, (name, _) in enumerate(parquet_columns(table.schema))}
        types = dict(parquet_columns(table.schema))
        for name, kind in columns:
            if types.get(name, kind) != kind:
                raise HiveBadData(f"{key}: {name} is {types[name]}, the table says {kind}")
        found = [
            table.column(there[name]).to_pylist() if name in there else [None] * table.num_rows for name, _ in columns
        ]
        where = _partition_values(key, partitions)
        rows += [where + row for row in zip(*found, strict=True)]
    return rows


def _partition_values(key: str, partitions: list[tuple[str, str]]) -> tuple[Any, ...]:
    folders = dict(part.split("=", 1) for part in key.split("/") if "=" in part)
    try:
        return tuple(_KEY_TYPES[kind](unquote(folders[name])) for name, kind in partitions)
    except ValueError as error:
        raise HiveInvalidPartitionValue(f"{key}: {error}") from error
