"""The crawler's CSV classifier, rule by rule as AWS documents them."""

from __future__ import annotations

import pytest

from local_aws.services.glue.csv_classifier import DELIMITERS, CsvTable, csv_table


def taken(sample: bytes, *, is_whole: bool = True) -> CsvTable:
    table = csv_table(sample, is_whole=is_whole)
    assert table is not None
    return table


def test_types_come_from_every_row_and_empty_fields_say_nothing() -> None:
    table = taken(b"i,d,s,e\n1,2,x,\n,2.5,7,\n")
    assert table.has_header
    assert table.columns == [("i", "bigint"), ("d", "double"), ("s", "string"), ("e", "string")]


def test_a_null_token_makes_a_column_text() -> None:
    assert taken(b"a,b\n1,NA\n2,3\n").columns == [("a", "bigint"), ("b", "string")]


def test_all_text_has_no_header() -> None:
    sample = b"carrier,name\nAA,American\nUA,United\n"
    assert taken(sample).columns == [("col0", "string"), ("col1", "string")]


def test_a_cut_sample_ends_at_its_last_whole_line() -> None:
    assert taken(b"a,b\n1,2\n3,4\n5,x", is_whole=False).columns == [("a", "bigint"), ("b", "bigint")]


@pytest.mark.parametrize(
    "sample",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"a\n1\n2\n3\n", id="one column"),
        pytest.param(b"a,b\n1,2\n", id="one row of data below a header"),
        pytest.param(b"a,b\n", id="a header alone"),
        pytest.param(b"x,y\n", id="one row of text"),
    ],
)
def test_fewer_than_two_columns_or_two_rows_of_data_is_no_csv(sample: bytes) -> None:
    assert csv_table(sample, is_whole=True) is None


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_each_documented_delimiter_is_found(delimiter: str) -> None:
    table = taken("\n".join(delimiter.join(row) for row in (("a", "b"), ("1", "x"), ("2", "y"))).encode())
    assert table == CsvTable(columns=[("a", "bigint"), ("b", "string")], has_header=True, delimiter=delimiter)


def test_the_delimiter_is_that_by_which_rows_agree() -> None:
    table = taken(b'n;text\n1;"a, b"\n2;c, d\n3;e\n')
    assert (table.delimiter, table.columns) == (";", [("n", "bigint"), ("text", "string")])


def test_another_delimiter_is_no_csv() -> None:
    assert csv_table(b"a~b\n1~2\n3~4\n", is_whole=True) is None


def test_only_the_last_name_may_be_long_and_a_trailing_delimiter_makes_an_empty_last_column() -> None:
    long = b"n" * 150
    assert taken(b"a," + long + b"\n1,x\n2,y\n").has_header
    assert not taken(long + b",a\nx,1\ny,2\n").has_header
    assert taken(b"a,b,\n1,2,\n3,4,\n").columns == [("a", "bigint"), ("b", "bigint"), ("", "string")]
