"""What a crawler takes for columns."""

from __future__ import annotations

import pyarrow as pa
import pytest

from local_aws.services.glue.schema import csv_columns, parquet_columns


def test_types_come_from_every_row_and_empty_fields_say_nothing() -> None:
    columns, has_header = csv_columns(b"i,d,s,e\n1,2,x,\n,2.5,7,\n", is_whole=True)
    assert has_header
    assert columns == [("i", "bigint"), ("d", "double"), ("s", "string"), ("e", "string")]


def test_a_null_token_makes_a_column_text() -> None:
    assert csv_columns(b"a,b\n1,NA\n2,3\n", is_whole=True)[0] == [("a", "bigint"), ("b", "string")]


def test_all_text_has_no_header_unless_a_classifier_says_so() -> None:
    sample = b"carrier,name\nAA,American\n"
    assert csv_columns(sample, is_whole=True) == ([("col0", "string"), ("col1", "string")], False)
    assert csv_columns(sample, is_whole=True, has_header=True) == ([("carrier", "string"), ("name", "string")], True)


def test_a_cut_sample_ends_at_its_last_whole_line() -> None:
    assert csv_columns(b"a,b\n1,2\n3,x", is_whole=False)[0] == [("a", "bigint"), ("b", "bigint")]


def test_nothing_has_no_columns() -> None:
    assert csv_columns(b"", is_whole=True) == ([], False)


def test_parquet_types_get_hives_names() -> None:
    schema = pa.schema(
        [("A", pa.int64()), ("m", pa.decimal128(8, 2)), ("t", pa.timestamp("us", "UTC")), ("f", pa.bool_())]
    )
    assert parquet_columns(schema) == [("a", "bigint"), ("m", "decimal(8,2)"), ("t", "timestamp"), ("f", "boolean")]


def test_a_type_without_a_hive_name_is_an_error() -> None:
    with pytest.raises(ValueError, match="no Hive type"):
        parquet_columns(pa.schema([("x", pa.month_day_nano_interval())]))
