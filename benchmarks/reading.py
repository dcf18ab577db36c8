"""Give folders of files to a reader and see what it delivers.

Flows in: a contender and work. Flows out: the rows of its Parquet, typed as oracle.py has them, or that it gave up.
For truth, not for speed: nothing is measured, and the reader's own log is thrown away.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contenders import PROJECT, Contender
from benchmarks.measuring import environment
from benchmarks.oracle import Row, rows_written
from benchmarks.programs.job import Work


def parquet_files(target: Path) -> list[Path]:
    """The Parquet files that a contender wrote to `target`, none where it wrote none."""
    single, curated = Path(f"{target}.parquet"), target / "curated"
    if single.exists():
        return [single]
    return sorted((curated if curated.exists() else target).rglob("*.parquet"))


def read_by(contender: Contender, work: Sequence[Work], *, job: Path) -> list[list[Row] | None]:
    """What it delivers of each piece of work, None where it gave up; CalledProcessError where it died."""
    command = contender.command(job, work=work, keep_going=True)
    subprocess.run(command, cwd=PROJECT, env=environment(os.environ), check=True, stderr=subprocess.DEVNULL)
    return [
        None if Path(f"{piece.target}.error").exists() else rows_written(parquet_files(piece.target), piece.columns)
        for piece in work
    ]
