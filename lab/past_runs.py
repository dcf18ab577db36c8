"""Every comparison that was ever made, a file each below `.lab/runs/`: a run with a fault never wipes the one before.

Flows in: comparisons as runs.json has them. Flows out: the same, found by a run's id or its beginning.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

from lab.records import Comparison, RunRecord, read_runs, write_json
from pipeline.errors import ConfigInvalid


def keep_runs(runs: Comparison, folder: Path) -> None:
    """Named by its start, so that they sort by time."""
    started = f"{runs.started_at.astimezone(UTC):%Y%m%dT%H%M%S%f}"
    number, file = 0, folder / f"{started}.json"
    while file.exists():
        number += 1
        file = folder / f"{started}-{number}.json"
    write_json(runs.as_json(), file)


def past_runs(folder: Path) -> Iterator[tuple[Path, Comparison]]:
    """(file, comparison), the latest first."""
    for file in sorted(folder.glob("*.json"), reverse=True):
        yield file, read_runs(file)


def find_run(beginning: str, folder: Path) -> tuple[Comparison, RunRecord]:
    """The one run whose id begins so, and the comparison that holds it; raises ConfigInvalid for none or several."""
    found = [
        (runs, run)
        for _, runs in past_runs(folder)
        for run in runs.runs
        if run.run_id and run.run_id.startswith(beginning)
    ]
    exact = [one for one in found if one[1].run_id == beginning]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if not found:
        raise ConfigInvalid(f"no run {beginning!r} was kept; `lab runs` lists them")
    several = ", ".join(str(run.run_id) for _, run in found[:5])
    raise ConfigInvalid(f"{len(found)} runs begin with {beginning!r} ({several}); give more of one's id")
