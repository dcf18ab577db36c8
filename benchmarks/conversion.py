"""CPU seconds per GB and peak memory of the conversion beside the usual readers, same input, same output.

    .venv/bin/python -m benchmarks.conversion --megabytes 1000 [--contenders single duckdb] [--repeat 3] [--write]

Flows in: green taxi trips, generated. Flows out: one line per contender on stdout, the best of `--repeat`; with
`--write`, reader.json and reader.md in docs/measured/. A contender that loses or makes rows is an error.
Each run is a process of its own, measured by wait4: user and system time of it and of all its children,
interpreter start included. Every contender writes zstd Parquet of typed columns; only ours also checks,
sets aside and sums up. DuckDB and Spark are given the column types; neither is told to check spellings.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.record import Figure, Record
from datasets.green_taxi.generator import write_trips
from glue_scripts.strict_csv.contract_file import dataset_contract

PROJECT = Path(__file__).parents[1]
MEASURED = PROJECT / "docs" / "measured"
CONTENDERS = ["single", "duckdb", "spark", "corrupt_record"]
BYTES_PER_TRIP = 155
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
_OURS = """
import sys
from pathlib import Path
from glue_scripts.conversion.directory import convert_directory
convert_directory(engine=sys.argv[3], contract_path=Path("datasets/green_taxi/contract.yaml"),
                  input_dir=Path(sys.argv[1]), output_dir=Path(sys.argv[2]))
"""
_DUCKDB = """
import sys, duckdb
source, target, columns = sys.argv[1:]
connection = duckdb.connect()
connection.execute("set enable_progress_bar = false")
connection.execute(f"copy (select * from read_csv('{source}/*.csv', columns={columns}, header=true, "
    f"auto_detect=false, delim=',', quote='\\"', escape='\\"')) "
    f"to '{target}.parquet' (format parquet, compression zstd)")
"""
_SPARK = """
import sys
from glue_scripts.conversion.local_spark import local_session
source, target, columns = sys.argv[1:]
frame = (local_session().read.schema(columns + ", _corrupt_record string").option("header", True)
    .option("escape", '"').option("mode", "PERMISSIVE")
    .option("columnNameOfCorruptRecord", "_corrupt_record").csv(source))
frame.where("_corrupt_record is null").drop("_corrupt_record").write.option("compression", "zstd").parquet(target)
"""
_BURN = """
import sys, time
from glue_scripts.conversion.local_spark import local_session
seconds = float(sys.argv[1])
def burn(batches):
    until = time.process_time() + seconds
    while time.process_time() < until: pass
    yield from batches
spark = local_session()
spark.createDataFrame(spark.sparkContext.parallelize([("a",)], 1), "a string").mapInArrow(burn, "a string").collect()
"""
_BURN_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one process and all its descendants took; `peak_mb` is that of the largest of them."""

    cpu_seconds: float
    peak_mb: float
    seconds: float


def measure(script: str, arguments: list[str]) -> Measured:
    """Run `script` in a fresh interpreter; RuntimeError where it fails."""
    environment = os.environ | {
        "PYTHONPATH": str(PROJECT),
        # pyspark's daemon ignores SIGCHLD, so that the CPU time of its workers, which do all of our work, is
        # lost to wait4; started without it they are children of the JVM, which waits for them
        "PYSPARK_SUBMIT_ARGS": "--conf spark.python.use.daemon=false pyspark-shell",
    }
    _adopt_orphans()
    started = os.times().elapsed
    process = subprocess.Popen([sys.executable, "-c", script, *arguments], cwd=PROJECT, env=environment)
    cpu_seconds = peak_kib = 0.0
    while True:  # until the last descendant is gone
        try:
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            break
        cpu_seconds += usage.ru_utime + usage.ru_stime
        peak_kib = max(peak_kib, usage.ru_maxrss)
        if pid == process.pid:
            process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"a contender ended with {process.returncode}; see above")
    return Measured(cpu_seconds=cpu_seconds, peak_mb=peak_kib / 1024, seconds=os.times().elapsed - started)


def check_workers_are_counted() -> None:
    """RuntimeError where CPU time burnt in a Spark worker does not show up: the Spark figures would be a lie."""
    idle, busy = (measure(_BURN, [str(seconds)]).cpu_seconds for seconds in (0.0, _BURN_SECONDS))
    if busy - idle < _BURN_SECONDS / 2:
        raise RuntimeError(
            f"{_BURN_SECONDS} CPU-s burnt in a Spark worker, {busy - idle:.1f} measured; no figure is given"
        )


def _adopt_orphans() -> None:
    """Spark's JVM and Python workers outlive their parents: make them ours, or their time goes uncounted."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER) failed; Linux only")


def contenders(source: Path, target: Path) -> dict[str, tuple[str, list[str]]]:
    columns = dataset_contract("green_taxi").columns
    duckdb_columns = "{" + ", ".join(f"'{c.name}': '{c.type.replace('string', 'varchar')}'" for c in columns) + "}"
    spark_columns = ", ".join(f"{c.name} {c.type}" for c in columns)
    places = [str(source), str(target)]
    return {
        "single": (_OURS, [*places, "single"]),
        "duckdb": (_DUCKDB, [*places, duckdb_columns]),
        "spark": (_OURS, [*places, "spark"]),
        "corrupt_record": (_SPARK, [*places, spark_columns]),
    }


def parquet_rows(target: Path) -> int:
    """Rows of the Parquet that a contender wrote to `target`; RuntimeError where there is none."""
    single = target.with_name(f"{target.name}.parquet")
    curated = target / "curated"
    files = [single] if single.exists() else sorted((curated if curated.exists() else target).rglob("*.parquet"))
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--contenders", nargs="*", default=CONTENDERS)
    parser.add_argument("--write", action="store_true", help="keep the figures in docs/measured/")
    options = parser.parse_args()
    if len(set(options.contenders)) < len(options.contenders):
        parser.error("a contender is named twice: the second would find its work done; use --repeat")
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        source = Path(folder) / "in"
        rows = options.megabytes * 1_000_000 // BYTES_PER_TRIP
        size = write_trips(source / "trips.csv", rows=rows, seed=1)
        figures = []
        print(f"{size / 1e9:.2f} GB, best of {options.repeat}")
        if "spark" in options.contenders:
            check_workers_are_counted()
        for name in options.contenders:
            runs = []
            for turn in range(options.repeat):
                target = Path(folder) / f"{name}{turn}"
                script, arguments = contenders(source, target)[name]
                runs.append((measure(script, arguments), parquet_rows(target)))
            figure = best_of(runs, contender=name, size_bytes=size, rows=rows)
            figures.append(figure)
            print(
                f"{name:15} {figure.cpu_seconds_per_gb:6.1f} CPU-s/GB {figure.peak_mb:7.0f} MB {figure.seconds:6.1f} s",
                flush=True,
            )
    if options.write:
        some = "" if options.contenders == CONTENDERS else f" --contenders {' '.join(options.contenders)}"
        repeat = f" --repeat {options.repeat}" if options.repeat > 1 else ""
        Record(
            measured_on=datetime.now(UTC).date().isoformat(),
            command=f".venv/bin/python -m benchmarks.conversion --megabytes {options.megabytes}{some}{repeat} --write",
            machine=f"{os.cpu_count()} cores, {platform.machine()}",
            size_bytes=size,
            rows=rows,
            repeat=options.repeat,
            figures=figures,
        ).write(MEASURED)


if __name__ == "__main__":
    main()
