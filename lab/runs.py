"""`lab runs`: the runs that were measured in this checkout, the latest first."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from lab.clock import Clock
from lab.console import Console
from lab.json_output import write_json_output
from lab.local_home import LocalHome
from lab.past_runs import past_runs
from lab.plain_text import shown

COLUMNS = ("run", "orchestrator", "on", "status", "started", "seconds", "rows read", "error")


def command(arguments: Namespace, console: Console, home: LocalHome, _clock: Clock) -> int:
    rows = [_row(runs["on"], run) for _, runs in past_runs(home.past_runs) for run in runs["runs"]]
    if arguments.json:
        write_json_output([dict(zip(COLUMNS, row, strict=True)) for row in rows], arguments.json, console)
    if not rows:
        console.result("no run was kept yet; `lab demo`, or `lab up`, `lab deploy` and `lab run`")
        return 0
    table = [COLUMNS, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(COLUMNS))]
    for row in table:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        console.result(line.rstrip()[: console.width()])
    return 0


def _row(place: str, run: dict[str, Any]) -> tuple[str, ...]:
    return (
        shown(run["run_id"] or "-"),
        run["orchestrator"],
        place,
        run["status"],
        run["started_at"][:19],
        f"{run['seconds']:.1f}",
        "-" if run["rows"]["read"] is None else f"{run['rows']['read']:,}",
        shown(run["error"] or ""),
    )
