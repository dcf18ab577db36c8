"""What the local COPY takes for Parquet v1, and what it names in files that are not."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake.aggregate import delays
from lake.aggregate.snapshot import to_parquet
from local_aws.services.redshift.parquet_version import beyond_v1

TABLE = pa.table(
    {
        "n": pa.array(range(1000), pa.int64()),
        "x": pa.array([number * 0.5 for number in range(1000)], pa.float64()),
        "t": [f"text {number % 7}" for number in range(1000)],
    }
)


def written(**options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(TABLE, sink, **({"version": "1.0"} | options))
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("options", [{}, {"use_dictionary": False}, {"compression": "zstd"}, {"row_group_size": 10}])
def test_a_v1_file_is_one(options: dict[str, Any]) -> None:
    assert beyond_v1(written(**options)) == ""


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"version": "2.6"}, "its footer says format version 2.6"),
        ({"version": "2.4"}, "its footer says format version 2.6"),
        ({"data_page_version": "2.0"}, "column n has a page of the type DATA_PAGE_V2"),
        (
            {"use_dictionary": ["n", "t"], "column_encoding": {"x": "BYTE_STREAM_SPLIT"}},
            "column x has the encoding BYTE_STREAM_SPLIT",
        ),
        (
            {"use_dictionary": False, "column_encoding": {"n": "DELTA_BINARY_PACKED"}},
            "column n has the encoding DELTA_BINARY_PACKED",
        ),
        (
            {"use_dictionary": False, "column_encoding": {"t": "DELTA_BYTE_ARRAY"}},
            "column t has the encoding DELTA_BYTE_ARRAY",
        ),
        (
            {"use_dictionary": False, "column_encoding": {"t": "DELTA_LENGTH_BYTE_ARRAY"}},
            "column t has the encoding DELTA_LENGTH_BYTE_ARRAY",
        ),
    ],
)
def test_what_is_newer_is_named(options: dict[str, Any], named: str) -> None:
    assert beyond_v1(written(**options)) == named


def test_a_dictionary_of_version_2_under_a_footer_of_version_1_is_named() -> None:
    """As a writer could do that says one thing and does another."""
    body = written(version="2.6")
    footer = int.from_bytes(body[-8:-4], "little")
    start = len(body) - 8 - footer
    assert body[start : start + 2] == b"\x15\x04", "the footer's first field, i32 version 2"
    lying = body[: start + 1] + b"\x02" + body[start + 2 :]
    assert pq.ParquetFile(pa.BufferReader(lying)).metadata.format_version == "1.0"
    assert beyond_v1(lying) == "column n has the encoding RLE_DICTIONARY"


def test_no_parquet_at_all_is_an_error() -> None:
    with pytest.raises(pa.ArrowInvalid):
        beyond_v1(b"PAR1 this is none")


def test_the_reports_file_is_v1() -> None:
    row = {name: {"bigint": 1, "string": "x", "double": 0.5}[kind] for name, kind in delays.COLUMNS}
    for rows in ([row], []):
        body = to_parquet(rows)
        assert beyond_v1(body) == ""
        assert pq.ParquetFile(pa.BufferReader(body)).metadata.num_rows == len(rows)
