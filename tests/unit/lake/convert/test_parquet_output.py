"""Output files of a sensible size: rotated when large, shared when small, and gone when abandoned."""

from __future__ import annotations

import itertools
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake.convert.parquet_output import LOOSE_TABLES, ParquetOutput
from lake.stores.local_store import LocalStore


def output(root: Path, **sizes: int) -> ParquetOutput:
    numbers = itertools.count()
    return ParquetOutput(
        store=LocalStore(root=root),
        prefix="out/",
        partition_by=("p",),
        name=lambda: f"{next(numbers)}.parquet",
        **sizes,
    )


def rows(start: int, count: int, *, partition: int = 1) -> pa.Table:
    return pa.table({"p": [partition] * count, "x": range(start, start + count)})


def found(root: Path) -> list[int]:
    return sorted(x for path in root.rglob("*.parquet") for x in pq.ParquetFile(path).read()["x"].to_pylist())


def test_file_that_has_grown_to_the_limit_is_finished_and_another_begun(tmp_path: Path) -> None:
    out = output(tmp_path, buffer_bytes=1, file_bytes=2_000)
    for start in range(0, 1_000, 100):
        out.add(rows(start, 100))
    done = out.close()
    assert len(done) > 1
    assert all(file.bytes >= 2_000 for file in done[:-1])
    assert max(file.bytes for file in done) < 4_000
    assert found(tmp_path) == list(range(1_000))


def test_below_the_limit_a_partition_is_one_file(tmp_path: Path) -> None:
    out = output(tmp_path, buffer_bytes=1)
    for start in range(0, 1_000, 100):
        out.add(rows(start, 100, partition=start // 500))
    assert [file.rows for file in out.close()] == [500, 500]


def test_many_tiny_tables_are_one_file_and_all_their_rows(tmp_path: Path) -> None:
    out = output(tmp_path)
    count = 2 * LOOSE_TABLES + 3
    for start in range(count):
        out.add(rows(start, 1))
    assert [file.rows for file in out.close()] == [count]
    assert found(tmp_path) == list(range(count))


@pytest.mark.parametrize("close_first", [False, True])
def test_abandoned_output_leaves_no_file(tmp_path: Path, close_first: bool) -> None:
    out = output(tmp_path, buffer_bytes=1, file_bytes=2_000)
    for start in range(0, 500, 100):
        out.add(rows(start, 100))
    assert [path for path in tmp_path.rglob("*") if path.is_file()]
    if close_first:
        out.close()
    out.abandon()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert out.close() == []
