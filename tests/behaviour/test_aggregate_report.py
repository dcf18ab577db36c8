"""The report's figures from real Spark over partitioned files, against figures worked out by hand."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from lake.aggregate.spark_report import compute
from lake.contracts import dataset_contract

CONTRACT = dataset_contract("flights")
ARROW = {"bigint": pa.int64(), "string": pa.string(), "timestamp": pa.timestamp("us")}


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    session = (
        SparkSession.Builder()
        .master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    yield session
    session.stop()


def write(folder: Path, month: int, rows: list[dict], *, without: str = "", older: bool = False) -> str:
    """`older`: the month stands in the folder alone."""
    lacking = {without, "month" if older else ""}
    columns = [column for column in CONTRACT.columns if column.name not in lacking]
    schema = pa.schema([(column.name, ARROW[column.type]) for column in columns])
    filler = {"bigint": 0, "string": "", "timestamp": datetime(2013, 1, 1)}  # noqa: DTZ001
    full = [{c.name: (row | {"month": month}).get(c.name, filler[c.type]) for c in columns} for row in rows]
    path = folder / f"{'month' if older else 'month_part'}={month}" / "a.parquet"
    path.parent.mkdir()
    pq.write_table(pa.Table.from_pylist(full, schema), path)
    return f"file:{path}"


def flight(carrier: str, dep: int | None, arr: int | None, *, year: int = 2013) -> dict:
    return {
        "year": year,
        "carrier": carrier,
        "origin": "JFK",
        "dep_time": None if dep is None else 900 + dep,
        "dep_delay": dep,
        "arr_delay": arr,
    }


@pytest.mark.parametrize("older", [False, True])
def test_means_skip_what_is_missing_and_cancelled_is_without_departure(
    spark: SparkSession, tmp_path: Path, older: bool
) -> None:
    january = [flight("AA", 10, 20), flight("AA", 20, None), flight("AA", None, None), flight("UA", -5, -7)]
    paths = [
        write(tmp_path, 1, january, older=older),
        write(tmp_path, 2, [flight("AA", None, None), flight("AA", 1, 1, year=2014)], older=older),
    ]
    rows = compute(spark, contract=CONTRACT, base_path=f"file:{tmp_path}", paths=paths)
    assert [tuple(row.values()) for row in rows] == [
        (2013, 1, "AA", "JFK", 3, 15.0, 20.0, pytest.approx(1 / 3)),
        (2013, 1, "UA", "JFK", 1, -5.0, -7.0, 0.0),
        (2013, 2, "AA", "JFK", 1, None, None, 1.0),
        (2014, 2, "AA", "JFK", 1, 1.0, 1.0, 0.0),
    ]


def test_a_file_outside_the_given_paths_is_not_read(spark: SparkSession, tmp_path: Path) -> None:
    named = write(tmp_path, 1, [flight("AA", 1, 1)])
    write(tmp_path, 2, [flight("ZZ", 1, 1)])
    rows = compute(spark, contract=CONTRACT, base_path=f"file:{tmp_path}", paths=[named])
    assert [row["carrier"] for row in rows] == ["AA"]


def test_a_column_that_old_files_lack_is_null_in_their_rows(spark: SparkSession, tmp_path: Path) -> None:
    old = write(tmp_path, 1, [flight("AA", 1, None)], without="arr_delay")
    new = write(tmp_path, 2, [flight("AA", 1, 5)])
    rows = compute(spark, contract=CONTRACT, base_path=f"file:{tmp_path}", paths=[old, new])
    assert [(row["month"], row["flights"], row["mean_arr_delay"]) for row in rows] == [(1, 1, None), (2, 1, 5.0)]
