"""CPU seconds per GB and peak memory of the conversion beside the usual readers, same input, same output.

    .venv/bin/python -m benchmarks.conversion [--shapes numeric] [--megabytes 1000] [--write]

Flows in: clean files of a shape, generated. Flows out: one line per contender on stdout, the best of `--repeat`;
with `--write`, the run in docs/measured/reader.json. A contender that loses or makes rows is an error.
Every contender writes zstd Parquet of typed columns; only ours also checks, sets aside and sums up. All are
given the column types, and every program is the one that is judged on damaged files (damage.py).
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.contenders import CONTENDERS, PROJECT
from benchmarks.measuring import Measured, check_workers_are_counted, measure
from benchmarks.programs.job import Work
from benchmarks.reading import parquet_files
from benchmarks.record import Figure, Run, load_record
from benchmarks.shapes import SHAPES

RECORD = PROJECT / "docs" / "measured" / "reader.json"


def parquet_rows(target: Path) -> int:
    """Rows of the Parquet that a contender wrote to `target`; RuntimeError where there is none."""
    files = parquet_files(target)
    if not files:
        raise RuntimeError(f"{target.name} wrote no Parquet")
    return sum(pq.read_metadata(file).num_rows for file in files)


def best_of(runs: Sequence[tuple[Measured, int]], *, contender: str, size_bytes: int, rows: int) -> Figure:
    """The run of least CPU time; RuntimeError where any run has other rows than the input."""
    for _, found in runs:
        if found != rows:
            raise RuntimeError(f"{contender} wrote {found:,} rows of {rows:,}; no figure is given")
    best = min((run for run, _ in runs), key=lambda run: run.cpu_seconds)
    return Figure(
        contender=contender,
        cpu_seconds_per_gb=round(best.cpu_seconds / (size_bytes / 1e9), 2),
        peak_mb=round(best.peak_mb),
        seconds=round(best.seconds, 1),
        rows=rows,
    )


def run_shape(name: str, *, megabytes: int, contenders: Sequence[str], repeat: int) -> Run:
    """Measure `contenders` one after the other, turn by turn, on the same file."""
    shape = SHAPES[name]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        source = Path(folder) / "in"
        size, rows = shape.write(source, size_bytes=megabytes * 1_000_000)
        print(f"{name}: {size / 1e9:.2f} GB, {rows:,} rows, best of {repeat}", flush=True)
        runs: dict[str, list[tuple[Measured, int]]] = {contender: [] for contender in contenders}
        for _ in range(repeat):
            for contender in contenders:
                target = Path(folder) / "out" / contender
                target.parent.mkdir()
                work = Work(source=source, target=target, columns=shape.columns, newlines=False)
                command = CONTENDERS[contender].command(Path(folder) / "job.json", work=[work])
                runs[contender].append((measure(command), parquet_rows(target)))
                shutil.rmtree(target.parent)
        figures = [best_of(runs[c], contender=c, size_bytes=size, rows=rows) for c in contenders]
    some = "" if list(contenders) == list(CONTENDERS) else f" --contenders {' '.join(contenders)}"
    again = f" --repeat {repeat}" if repeat > 1 else ""
    again = f"--shapes {name} --megabytes {megabytes}{some}{again} --write"
    run = Run(
        shape=name,
        megabytes=megabytes,
        measured_on=datetime.now(UTC).date().isoformat(),
        command=f".venv/bin/python -m benchmarks.conversion {again}",
        machine=f"{os.cpu_count()} cores, {platform.machine()}",
        size_bytes=size,
        rows=rows,
        repeat=repeat,
        figures=tuple(figures),
    )
    for figure in figures:
        ratio = run.ratio(figure.contender)
        print(
            f"{figure.contender:15} {figure.cpu_seconds_per_gb:6.1f} CPU-s/GB "
            f"{f'{ratio:5.2f}' if ratio else '    –'} {figure.peak_mb:7.0f} MB {figure.seconds:6.1f} s",
            flush=True,
        )
    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", default=["numeric"], choices=SHAPES)
    parser.add_argument("--megabytes", nargs="+", type=int, default=[1000])
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS), choices=CONTENDERS)
    parser.add_argument("--write", action="store_true", help="keep the figures in docs/measured/reader.json")
    options = parser.parse_args()
    contenders = list(dict.fromkeys(options.contenders))
    if "spark" in contenders:
        check_workers_are_counted()
    for megabytes in options.megabytes:
        for name in options.shapes:
            run = run_shape(name, megabytes=megabytes, contenders=contenders, repeat=options.repeat)
            if options.write:  # after each run, so that an interrupted set keeps what it has
                load_record(RECORD).with_run(run).write(RECORD)


if __name__ == "__main__":
    main()
