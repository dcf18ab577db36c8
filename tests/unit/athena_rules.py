"""Athena's documented way to read Parquet, emulated: what would a query over these files give?

Rules: columns are looked up by name in each file, whatever their place; one that a file lacks is null; one whose type
is not the table's is an error. Partition values come from the path.
https://docs.aws.amazon.com/athena/latest/ug/handling-schema-updates-chapter.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from local_aws.services.glue.schema import parquet_columns


class HiveBadData(Exception):
    """A file's column is of another type than the table's."""


def athena_rows(
    files: Mapping[str, bytes], *, columns: list[tuple[str, str]], partitions: list[str]
) -> list[tuple[Any, ...]]:
    """Rows of `SELECT <partitions>, <columns>`, in no order; `columns` are the catalog's (name, Hive type)."""
    rows = []
    for key, body in files.items():
        folders = dict(part.split("=", 1) for part in key.split("/") if "=" in part)
        table = pq.ParquetFile(pa.BufferReader(body)).read()
        there = {name: place for place, (name, _) in enumerate(parquet_columns(table.schema))}
        types = dict(parquet_columns(table.schema))
        for name, kind in columns:
            if types.get(name, kind) != kind:
                raise HiveBadData(f"{key}: {name} is {types[name]}, the table says {kind}")
        found = [
            table.column(there[name]).to_pylist() if name in there else [None] * table.num_rows for name, _ in columns
        ]
        where = tuple(folders[name] for name in partitions)
        rows += [where + row for row in zip(*found, strict=True)]
    return rows
