"""What a crawler sees in a Parquet file: its schema's columns as `(name, Hive type)` pairs."""

from __future__ import annotations

import pyarrow as pa

from local_aws.services.glue.csv_classifier import Columns, column_name


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
