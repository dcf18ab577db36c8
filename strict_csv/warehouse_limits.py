"""What Redshift, the catalog and our own bookkeeping there can't take, known before anything is converted.

Flows in: a contract's mapping. Flows out: its problems, each with the remedy. A contract with `warehouse: false` is
not asked. Each limit and where it is documented: tests/unit/strict_csv/test_warehouse_limits.py, docs/decisions/0033.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

MAX_STRING_BYTES = 65_535  # VARCHAR
MAX_ROW_BYTES = 4 * 1024 * 1024  # of one row that COPY takes
MAX_COLUMNS = 1_600 - 1  # of a table, one of which is ours
MAX_SCALE = 37  # of NUMERIC
MAX_STATEMENT_BYTES = 100_000  # of a text to the Data API
MAX_NAMES_BYTES = 49_000  # of all columns' names, quoted and separated: a load's longest statement says them twice
BATCH_COLUMN = "batch_id"  # what each table of the warehouse has besides the contract's columns
OWN_TABLES = ("loaded_batches", "delays")
STAGING = "stage_"  # begins the names of tables that a load makes and removes
SYSTEM_COLUMNS = ("oid", "tableoid", "xmin", "xmax", "cmin", "cmax", "ctid", "insertxid", "deletexid")
_AWAY = "or say warehouse: false (it then stays in the lake)"
_SCALE = re.compile(r"decimal\([0-9]+,([0-9]+)\)")


def warehouse_problems(mapping: Mapping[str, Any]) -> Iterable[str]:
    """What of a contract's mapping the warehouse could not hold; shapes that are wrong anyway are passed over."""
    dataset, columns = mapping.get("dataset"), mapping.get("columns")
    if isinstance(dataset, str):
        yield from _dataset_problems(dataset)
    if isinstance(columns, list | tuple):
        if len(columns) > MAX_COLUMNS:
            yield (
                f"columns: {len(columns)}, a table of the warehouse holds {MAX_COLUMNS} and our {BATCH_COLUMN}; "
                f"split the dataset, {_AWAY}"
            )
        names = [column["name"] for column in columns if isinstance(column, Mapping) and "name" in column]
        if (size := sum(len(f'"{name}", ') for name in names)) > MAX_NAMES_BYTES:
            yield (
                f"columns: the names of {len(names)} columns have {size} bytes together, quoted and separated, and "
                f"a load's statement has room for {MAX_NAMES_BYTES}; use shorter names, split the dataset, {_AWAY}"
            )
        for place, column in enumerate(columns):
            if isinstance(column, Mapping):
                yield from _column_problems(f"columns[{place}]", column)
    record = mapping.get("max_record_bytes")
    if isinstance(record, int) and record > MAX_ROW_BYTES:
        yield f"max_record_bytes: {record}, COPY takes rows of at most {MAX_ROW_BYTES} bytes; lower it, {_AWAY}"


def _dataset_problems(dataset: str) -> Iterable[str]:
    if dataset in OWN_TABLES:
        yield f"dataset: {dataset!r} is a table of the pipeline's own in the warehouse; choose another name, {_AWAY}"
    if dataset.startswith((STAGING, "pg_")):
        begins = "pg_" if dataset.startswith("pg_") else STAGING
        yield f"dataset: {dataset!r} begins with {begins}, as tables do that come and go; choose another name, {_AWAY}"


def _column_problems(place: str, column: Mapping[str, Any]) -> Iterable[str]:
    name, kind, limit = column.get("name"), column.get("type"), column.get("max_bytes")
    folded = name.lower() if isinstance(name, str) else ""
    if folded == BATCH_COLUMN:
        yield (
            f"{place}.name: {name!r}, each table of the warehouse has a column {BATCH_COLUMN} of its own; "
            f"have the producer name it otherwise, {_AWAY}"
        )
    if folded in SYSTEM_COLUMNS:
        yield f"{place}.name: {name!r} is a system column of the warehouse; have the producer rename it, {_AWAY}"
    scale = _SCALE.fullmatch(kind) if isinstance(kind, str) else None
    if scale and int(scale[1]) > MAX_SCALE:
        yield f"{place}.type: {kind}, the warehouse holds {MAX_SCALE} digits behind the point; use fewer, {_AWAY}"
    if kind == "string" and isinstance(limit, int) and limit > MAX_STRING_BYTES:
        yield f"{place}.max_bytes: {limit}, the warehouse holds texts of {MAX_STRING_BYTES} bytes; lower it, {_AWAY}"
