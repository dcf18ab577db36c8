"""The benchmark's record: ratios are within one run, a new run replaces its like, lost rows give no figure."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import plot, table
from benchmarks.contenders import CONTENDERS
from benchmarks.conversion import best_of, parquet_rows
from benchmarks.measuring import Measured
from benchmarks.page import pages
from benchmarks.record import Figure, Judgement, Record, Run, Truth, load_record
from tests.checkout import ROOT


def figure(contender: str, cpu_seconds_per_gb: float) -> Figure:
    return Figure(contender=contender, cpu_seconds_per_gb=cpu_seconds_per_gb, peak_mb=400, seconds=5.0, rows=7)


def run(*figures: Figure, shape: str = "numeric", megabytes: int = 1000) -> Run:
    return Run(
        shape=shape,
        megabytes=megabytes,
        measured_on="2026-11-20",
        command="again",
        machine="2 cores",
        size_bytes=megabytes * 10**6,
        rows=7,
        repeat=1,
        figures=figures,
    )


def truth(contender: str, *, wrong: int) -> Truth:
    kinds = {"numeric: overflow": wrong} if wrong else {}
    return Truth(
        contender=contender,
        damaged=9,
        good=90,
        wrong=wrong,
        guessed=1,
        lost=2,
        folders_given_up=0,
        wrong_by_kind=kinds,
    )


def row(text: str, contender: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(f"| {CONTENDERS[contender].title} |"))


def test_ratios_are_to_what_was_measured_in_the_same_run() -> None:
    record = Record().with_run(run(figure("single", 6.0), figure("duckdb", 8.0)))
    record = record.with_run(run(figure("single", 9.0), shape="text"))

    said = table.summary(record)

    assert row(said, "single") == "| strict reader, single | 6.0 (0.75) | 9.0 | – | 400 MB | – |"
    assert row(said, "polars").endswith("| – | – | – | – | – |")


def test_a_run_takes_the_place_of_its_like_and_of_no_other() -> None:
    record = Record()
    for seconds, megabytes in ((6.0, 1000), (7.0, 100), (5.0, 1000)):
        record = record.with_run(run(figure("single", seconds), megabytes=megabytes))

    assert [(r.megabytes, r.figures[0].cpu_seconds_per_gb) for r in record.runs] == [(100, 7.0), (1000, 5.0)]


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    judged = Judgement(judged_on="2026-11-20", command="again", folders=3, truths=(truth("duckdb", wrong=4),))
    record = Record().with_run(run(figure("single", 6.0))).with_damage(judged)

    record.write(tmp_path / "reader.json")

    assert load_record(tmp_path / "reader.json") == record
    assert load_record(tmp_path / "absent.json") == Record()


def test_wrong_rows_stand_beside_the_speed_in_table_and_picture() -> None:
    truths = (truth("single", wrong=0), truth("duckdb", wrong=4))
    judged = Judgement(judged_on="2026-11-20", command="again", folders=3, truths=truths)
    record = Record().with_run(run(figure("single", 6.0), figure("duckdb", 8.0))).with_damage(judged)

    assert row(table.summary(record), "duckdb").endswith("| 400 MB | 4 |")
    assert "| numeric: overflow |  | 4 |" in table.full(record)
    assert ">4 wrong<" in plot.svg(record)
    assert ">0 wrong<" in plot.svg(record)


def test_the_pages_are_what_the_record_makes_of_them() -> None:
    stale = [path.name for path, text in pages(ROOT / "docs").items() if path.read_text() != text]

    assert stale == [], "run `.venv/bin/python -m benchmarks.page`"


def test_the_best_run_counts() -> None:
    runs = [(Measured(cpu_seconds=seconds, peak_mb=1.0, seconds=1.0), 7) for seconds in (9.0, 8.0, 10.0)]

    assert best_of(runs, contender="single", size_bytes=2 * 10**9, rows=7).cpu_seconds_per_gb == 4.0


def test_a_lost_row_gives_no_figure() -> None:
    measured = Measured(cpu_seconds=1.0, peak_mb=1.0, seconds=1.0)

    with pytest.raises(RuntimeError, match="wrote 6 rows of 7"):
        best_of([(measured, 7), (measured, 6)], contender="duckdb", size_bytes=10**9, rows=7)


@pytest.mark.parametrize("place", ["out.parquet", "out/part.parquet", "out/curated/month=1/part.parquet"])
def test_rows_are_counted_wherever_a_contender_writes(tmp_path: Path, place: str) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"a": [1, 2, 3]}), file)

    assert parquet_rows(tmp_path / "out") == 3


def test_no_parquet_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="wrote no Parquet"):
        parquet_rows(tmp_path / "out")
