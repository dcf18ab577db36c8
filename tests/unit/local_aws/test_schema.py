"""What a crawler takes for a Parquet file's columns."""

from __future__ import annotations

import pyarrow as pa
import pytest

from local_aws.services.glue.parquet_columns import parquet_columns


def test_parquet_types_get_hives_names() -> None:
    schema = pa.schema(
        [("A", pa.int64()), ("m", pa.decimal128(8, 2)), ("t", pa.timestamp("us", "UTC")), ("f", pa.bool_())]
    )
    assert parquet_columns(schema) == [("a", "bigint"), ("m", "decimal(8,2)"), ("t", "timestamp"), ("f", "boolean")]


def test_a_type_without_a_hive_name_is_an_error() -> None:
    with pytest.raises(ValueError, match="no Hive type"):
        parquet_columns(pa.schema([("x", pa.month_day_nano_interval())]))
