"""Who is measured: a name, a title for tables, and the command that runs it.

Flows in: folders of CSV files and their columns. Flows out: the command of a contender's program, which reads
them. polars is no dependency of the project: it gets an environment of its own, made here from its lock file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.programs.job import Work
from tools.locked_environment import locked_interpreter

PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True, kw_only=True)
class Contender:
    """`program` is a module of benchmarks/programs/; `rival` names the contender that its ratio is to.

    short: the title where room is scarce.
    ours: it checks, sets aside and sums up besides converting.
    """

    name: str
    title: str
    short: str
    program: str
    rival: str
    ours: bool = False

    @property
    def in_spark(self) -> bool:
        """Each read of it costs a good part of a second, whatever the size."""
        return self.rival == "corrupt_record"

    def command(self, job: Path, *, work: Sequence[Work], keep_going: bool = False) -> list[str]:
        """Writes the job file at `job`; the command that does it."""
        told = [asdict(piece) | {"source": str(piece.source), "target": str(piece.target)} for piece in work]
        job.write_text(json.dumps({"work": told, "keep_going": keep_going}))
        interpreter = polars_interpreter() if self.name == "polars" else sys.executable
        return [interpreter, "-m", f"benchmarks.programs.{self.program}", str(job)]


CONTENDERS = {
    contender.name: contender
    for contender in (
        Contender(
            name="single",
            title="strict reader, single",
            short="strict reader",
            program="strict_single",
            rival="duckdb",
            ours=True,
        ),
        Contender(name="duckdb", title="DuckDB, typed", short="DuckDB", program="duckdb_typed", rival="duckdb"),
        Contender(
            name="polars", title="polars, `scan_csv` with schema", short="polars", program="polars_scan", rival="duckdb"
        ),
        Contender(
            name="pyarrow",
            title="pyarrow, `open_csv` with types",
            short="pyarrow",
            program="pyarrow_open",
            rival="duckdb",
        ),
        Contender(
            name="spark",
            title="strict reader in Spark",
            short="strict in Spark",
            program="strict_spark",
            rival="corrupt_record",
            ours=True,
        ),
        Contender(
            name="corrupt_record",
            title="Spark, `_corrupt_record`",
            short="Spark CSV",
            program="corrupt_record",
            rival="corrupt_record",
        ),
    )
}


def polars_interpreter() -> str:
    """The Python of .venv-benchmarks, which is made or brought up to date first."""
    return str(locked_interpreter("benchmarks"))
