"""`lab runs`: the runs that were measured in this checkout, the latest first."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC

from lab.clock import Clock
from lab.console import Console
from lab.json_output import write_json_output
from lab.local_home import LocalHome
from lab.past_runs import past_runs
from lab.plain_text import shown
from lab.records import RunRecord

COLUMNS = ("run", "orchestrator", "on", "status", "started", "seconds", "rows read", "error")


def command(arguments: Namespace, console: Console, home: LocalHome, _clock: Clock) -> int:
    rows = [_row(runs.on, run) for _, runs in past_runs(home.past_runs) for run in runs.runs]
    if arguments.json:
        write_json_output([dict(zip(COLUMNS, row, strict=True)) for row in rows], arguments.json, console)
    if not rows:
        console.result("no run was kept yet; `lab demo`, or `lab up`, `lab deploy` and `lab run`")
        return 0
    for line in _table(rows, console.width()) or _blocks(rows):
        console.result(line)
    return 0


def _table(rows: list[tuple[str, ...]], width: int) -> list[str]:
    """Nothing where not even the columns before the error fit; an error is cut where the line ends."""
    table = [COLUMNS, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(COLUMNS))]
    if sum(widths[:-1]) + 2 * len(widths) + len(COLUMNS[-1]) > width:
        return []
    lines = ("  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip() for row in table)
    return [line if len(line) <= width else f"{line[: width - 1]}…" for line in lines]


def _blocks(rows: list[tuple[str, ...]]) -> Iterator[str]:
    """Each run in three short lines, and its error whole."""
    for identity, orchestrator, on, status, started, seconds, read, error in rows:
        yield identity
        yield f"  {orchestrator} on {on}, started {started}"
        yield f"  {status} after {seconds} s, {read} rows read"
        if error:
            yield f"  {error}"


def _row(place: str, run: RunRecord) -> tuple[str, ...]:
    return (
        shown(run.run_id or "-"),
        run.orchestrator,
        place,
        run.status,
        f"{run.started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
        f"{run.seconds:.1f}",
        f"{run.rows.read:,}",
        shown(run.error or ""),
    )
