"""Live progress of a run on stderr: a table that moves on a terminal, plain lines anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console as RichConsole
from rich.live import Live
from rich.table import Table

from lab.clock import Clock
from lab.console import Console
from lab.orchestrators.run_state import RunState, Status, StepRun

STYLES = {"succeeded": "green", "failed": "red", "timed_out": "red", "stopped": "yellow", "running": "cyan"}


@contextmanager
def shown(console: Console, clock: Clock) -> Iterator[Callable[[str, RunState], None]]:
    """What an Experiment calls at every look at a run."""
    if not console.err.isatty():
        yield Lines(console=console).look
        return
    with Live(console=RichConsole(file=console.err), refresh_per_second=8) as live:
        yield lambda lane, state: live.update(table(lane, state, clock))


class Lines:
    """One line per change of a step."""

    def __init__(self, *, console: Console) -> None:
        self._console = console
        self._last: dict[tuple[str, str], tuple[str, int]] = {}

    def look(self, lane: str, state: RunState) -> None:
        for step in state.steps:
            now = (step.status, step.attempt)
            if step.status != Status.WAITING and self._last.get((lane, step.name)) != now:
                self._last[(lane, step.name)] = now
                self._console.say(line(lane, step))
        if state.ended:
            # The next run of the same lane begins anew.
            self._last = {key: value for key, value in self._last.items() if key[0] != lane}


def line(lane: str, step: StepRun) -> str:
    took = f" in {step.seconds:.1f} s" if step.seconds is not None and step.status != Status.RUNNING else ""
    attempt = f" (attempt {step.attempt})" if step.attempt > 1 else ""
    return f"{lane:<14}{step.name:<16}{step.status}{took}{attempt}"


def table(lane: str, state: RunState, clock: Clock) -> Table:
    shape = Table(title=f"{lane}: {state.status}", title_justify="left")
    for column in ("step", "status", "attempt", "seconds"):
        shape.add_column(column, justify="right" if column in ("attempt", "seconds") else "left")
    for step in state.steps:
        seconds = step.seconds
        if seconds is None and step.started_at is not None:
            seconds = (clock.now() - step.started_at).total_seconds()
        style = STYLES.get(step.status, "dim")
        shape.add_row(
            step.name,
            f"[{style}]{step.status}[/]",
            str(step.attempt or ""),
            "" if seconds is None else f"{seconds:.1f}",
        )
    return shape
