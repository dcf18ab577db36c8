"""What a crawler sees in a file: columns with Hive types.

In: the first bytes of a CSV file, or a Parquet file's schema. Out: `(name, type)` pairs. CSV rules are those that AWS
documents for its built-in classifier: a header is one only if some column below it is not a string.
"""

from __future__ import annotations

import csv
import io
import re

import pyarrow as pa

Columns = list[tuple[str, str]]
_BIGINT = re.compile(r"[+-]?\d{1,18}")
_DOUBLE = re.compile(r"[+-]?(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?")
_SAMPLE_ROWS = 1000


def csv_columns(sample: bytes, *, is_whole: bool, has_header: bool | None = None) -> tuple[Columns, bool]:
    """Columns and whether the first row is their header. `has_header` comes from a custom classifier."""
    text = sample.decode("utf-8-sig", errors="replace")
    if not is_whole:
        text = text[: text.rfind("\n") + 1] or text
    rows = [row for row in csv.reader(io.StringIO(text)) if row][:_SAMPLE_ROWS]
    if not rows:
        return [], False
    body_types = _types(rows[1:], len(rows[0]))
    if has_header is None:
        is_text = all(_type_of([name]) == "string" and len(name) < 150 for name in rows[0])
        has_header = is_text and len(rows) > 1 and any(kind != "string" for kind in body_types)
    if has_header:
        return [(_name(name), kind) for name, kind in zip(rows[0], body_types, strict=True)], True
    return [(f"col{index}", kind) for index, kind in enumerate(_types(rows, len(rows[0])))], False


def parquet_columns(schema: pa.Schema) -> Columns:
    """Hive's names for the file's types."""
    return [(_name(field.name), _hive_type(field.type)) for field in schema]


def _types(rows: list[list[str]], width: int) -> list[str]:
    return [_type_of([row[index] for row in rows if index < len(row)]) for index in range(width)]


def _type_of(values: list[str]) -> str:
    filled = [value for value in values if value != ""]
    if filled and all(_BIGINT.fullmatch(value) for value in filled):
        return "bigint"
    if filled and all(_DOUBLE.fullmatch(value) for value in filled):
        return "double"
    return "string"


def _name(text: str) -> str:
    return re.sub(r"[^a-z0-9_]", "_", text.strip().lower())


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
