"""What every program is given and leaves: `python -m benchmarks.programs.NAME JOB.json`.

Flows in: a JSON file {"work": [{"source", "target", "columns", "newlines"}], "keep_going"}, see `Work`. Flows out:
per piece of work the Parquet that the reader wrote (`<target>.parquet` or files below `target`), or, with
`keep_going`, `<target>.error` with the reader's own words where it gave up. Without it the program fails. Standard
library only: one of the readers has an environment to itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Work:
    """`source` is a folder of CSV files, `columns` their contract types by name, in the files' order.

    newlines: quoted fields may hold them.
    """

    source: Path
    target: Path
    columns: Mapping[str, str]
    newlines: bool


def run(read: Callable[[Work], None]) -> None:
    """`read` for every piece of work of the job named on the command line."""
    job = json.loads(Path(sys.argv[1]).read_text())
    for told in job["work"]:
        work = Work(**(told | {"source": Path(told["source"]), "target": Path(told["target"])}))
        try:
            read(work)
        except Exception as error:
            if not job["keep_going"]:
                raise
            Path(f"{work.target}.error").write_text(f"{type(error).__name__}: {error}")


def decimal(kind: str) -> tuple[int, int] | None:
    """(precision, scale) of the contract type `decimal(p,s)`, None of any other."""
    if not kind.startswith("decimal"):
        return None
    precision, scale = kind.removeprefix("decimal(").removesuffix(")").split(",")
    return int(precision), int(scale)
