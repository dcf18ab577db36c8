"""Every comparison that was ever made, a file each below `.lab/runs/`: a run with a fault never wipes the one before.

Flows in: comparisons as runs.json has them. Flows out: the same, found by a run's id or its beginning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab.records import read_runs, write_json
from pipeline.errors import ConfigInvalid


def keep_runs(runs: dict[str, Any], folder: Path) -> None:
    """Named by its start, so that they sort by time."""
    started = re.sub(r"[^0-9T]", "", runs["started_at"])
    number, file = 0, folder / f"{started}.json"
    while file.exists():
        number += 1
        file = folder / f"{started}-{number}.json"
    write_json(runs, file)


def past_runs(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """(file, comparison), the latest first."""
    for file in sorted(folder.glob("*.json"), reverse=True):
        yield file, read_runs(file)


def find_runs(beginning: str, folder: Path) -> dict[str, Any]:
    """The comparison that holds the one run whose id begins so; raises ConfigInvalid for none or several."""
    found = [
        (run["run_id"], runs)
        for _, runs in past_runs(folder)
        for run in runs["runs"]
        if (run["run_id"] or "").startswith(beginning)
    ]
    exact = [one for one in found if one[0] == beginning]
    if len(exact or found) == 1:
        return (exact or found)[0][1]
    if not found:
        raise ConfigInvalid(f"no run {beginning!r} was kept; `lab runs` lists them")
    several = ", ".join(identity for identity, _ in found[:5])
    raise ConfigInvalid(f"{len(found)} runs begin with {beginning!r} ({several}); give more of one's id")
