"""Limits of Redshift that DuckDB does not have: what is beyond one is refused here as it is there.

In: what a statement names and a COPY reads. Out: `BeyondLimit`, with Redshift's or PostgreSQL's words where they are
known. The numbers are AWS's, and on purpose not the pipeline's own: a check that the contract loses is noticed here.
Source: Amazon Redshift Database Developer Guide, "CREATE TABLE" (limits), "Names and identifiers", "Character types",
"Numeric types", "COPY" (usage notes); Management Guide, "Data API" (considerations). What is assumed: CHECKED.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

_MAX_STATEMENT_BYTES = 100_000  # of one text to the Data API
_MAX_NAME_BYTES = 127
_MAX_COLUMNS = 1_600  # of a table
_MAX_VARCHAR_BYTES = 65_535
_MAX_PRECISION, _MAX_SCALE = 38, 37
_MAX_ROW_BYTES = 4 * 1024 * 1024  # of a row that COPY reads
_SYSTEM_COLUMNS = frozenset(["oid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", "insertxid", "deletexid"])
_VARCHAR = re.compile(r"varchar\((\d+)\)", re.I)
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)", re.I)


class BeyondLimit(ValueError):
    """The text names the limit; it never holds a value."""


def check_statement_bytes(texts: Iterable[str]) -> None:
    """Each text of a submit by itself."""
    if any(len(text.encode()) > _MAX_STATEMENT_BYTES for text in texts):
        raise BeyondLimit("Cannot process query string larger than 100kB")


def check_names(names: Iterable[str]) -> None:
    """Redshift would cut a longer name, and two tables or columns could become one: here it is an error."""
    for name in names:
        if (size := len(name.encode())) > _MAX_NAME_BYTES:
            raise BeyondLimit(
                f'identifier "{name}" has {size} bytes, of which Redshift keeps {_MAX_NAME_BYTES}; the local Redshift '
                "refuses what would be truncated"
            )


def check_columns(columns: Sequence[tuple[str, str]]) -> None:
    """(name, type) of each column that a statement makes."""
    check_column_count(len(columns))
    seen: set[str] = set()
    for name, kind in columns:
        folded = name.lower()
        if folded in _SYSTEM_COLUMNS:
            raise BeyondLimit(f'column name "{folded}" conflicts with a system column name')
        if folded in seen:
            raise BeyondLimit(f'column "{folded}" specified more than once')
        seen.add(folded)
        _check_type(kind)


def check_column_count(count: int) -> None:
    """Of a table as it would be."""
    if count > _MAX_COLUMNS:
        raise BeyondLimit(f"tables can have at most {_MAX_COLUMNS} columns")


def check_values(table: pa.Table, url: str) -> None:
    """Texts of a file that COPY reads, each by itself and those of a row together; what the numbers of a row add to
    its size is not documented and not counted."""
    lengths = [
        (field.name, pc.call_function("binary_length", [table.column(place)]))
        for place, field in enumerate(table.schema)
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
    ]
    for name, each in lengths:
        if (longest := _greatest(each)) > _MAX_VARCHAR_BYTES:
            raise BeyondLimit(
                f"Spectrum Scan Error. code: 15007 The length of the data column {name} is longer than the length "
                f"defined in the table. Table: {_MAX_VARCHAR_BYTES}, Data: {longest}, File name: {url}"
            )
    rows: pa.ChunkedArray | None = None
    for _, each in lengths:
        known = pc.call_function("coalesce", [pc.cast(each, pa.int64()), pa.scalar(0, pa.int64())])
        rows = known if rows is None else pc.call_function("add", [rows, known])
    if rows is not None and (longest := _greatest(rows)) > _MAX_ROW_BYTES:
        raise BeyondLimit(f"a row of {longest} bytes exceeds the maximum row size of {_MAX_ROW_BYTES}, {url}")


def _check_type(kind: str) -> None:
    if (found := _VARCHAR.fullmatch(kind)) and int(found[1]) > _MAX_VARCHAR_BYTES:
        raise BeyondLimit(f"Column length exceeds maximum allowed (maximum column length is {_MAX_VARCHAR_BYTES})")
    if found := _DECIMAL.fullmatch(kind):
        precision, scale = int(found[1]), int(found[2])
        if not 1 <= precision <= _MAX_PRECISION:
            raise BeyondLimit(f"NUMERIC precision {precision} must be between 1 and {_MAX_PRECISION}")
        if scale > min(precision, _MAX_SCALE):
            raise BeyondLimit(f"NUMERIC scale {scale} must be between 0 and {min(precision, _MAX_SCALE)}")


def _greatest(numbers: pa.ChunkedArray) -> int:
    return pc.call_function("max", [numbers]).as_py() or 0
