"""The benchmark's record: ratios are within one run, and rows that do not fit give no figure."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.conversion import Measured, best_of, parquet_rows
from benchmarks.record import Figure, Record


def figure(contender: str, cpu_seconds_per_gb: float) -> Figure:
    return Figure(contender=contender, cpu_seconds_per_gb=cpu_seconds_per_gb, peak_mb=400, seconds=5.0, rows=7)


def record(*figures: Figure) -> Record:
    return Record(
        measured_on="2026-11-20",
        command="again",
        machine="2 cores",
        size_bytes=10**9,
        rows=7,
        repeat=1,
        figures=figures,
    )


def test_ratios_are_to_what_was_measured_in_the_same_run(tmp_path: Path) -> None:
    record(figure("single", 6.0), figure("duckdb", 8.0)).write(tmp_path)

    single, duckdb = (tmp_path / "reader.md").read_text().splitlines()[2:4]
    assert single == "| strict reader, single | 6.0 | 0.75 | – | 400 MB | 5.0 |"
    assert duckdb == "| DuckDB, typed | 8.0 | 1.00 | – | 400 MB | 5.0 |"
    kept = json.loads((tmp_path / "reader.json").read_text())
    assert [item["cpu_seconds_per_gb"] for item in kept["figures"]] == [6.0, 8.0]


def test_the_best_run_counts() -> None:
    runs = [(Measured(cpu_seconds=seconds, peak_mb=1.0, seconds=1.0), 7) for seconds in (9.0, 8.0, 10.0)]

    assert best_of(runs, contender="single", size_bytes=2 * 10**9, rows=7).cpu_seconds_per_gb == 4.0


def test_a_lost_row_gives_no_figure() -> None:
    run = Measured(cpu_seconds=1.0, peak_mb=1.0, seconds=1.0)

    with pytest.raises(RuntimeError, match="wrote 6 rows of 7"):
        best_of([(run, 7), (run, 6)], contender="duckdb", size_bytes=10**9, rows=7)


@pytest.mark.parametrize("place", ["out.parquet", "out/part.parquet", "out/curated/month=1/part.parquet"])
def test_rows_are_counted_wherever_a_contender_writes(tmp_path: Path, place: str) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"a": [1, 2, 3]}), file)

    assert parquet_rows(tmp_path / "out") == 3


def test_no_parquet_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="wrote no Parquet"):
        parquet_rows(tmp_path / "out")
