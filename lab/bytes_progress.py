"""How much of the input is read, on stderr: a bar on a terminal, a line per tenth anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console as RichConsole
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from lab.console import Console

BytesSeen = Callable[[int, int], None]


@contextmanager
def shown(console: Console) -> Iterator[BytesSeen]:
    """What is to be called with (bytes done, bytes of all), as often as one likes."""
    if not console.err.isatty():
        yield Tenths(console=console)
        return
    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=RichConsole(file=console.err)) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda done, whole: bar.update(task, completed=min(done, whole), total=whole)


class Tenths:
    """Says how much of the bytes is read, at most once per tenth."""

    def __init__(self, *, console: Console) -> None:
        self._console = console
        self._said = -1

    def __call__(self, done_bytes: int, all_bytes: int) -> None:
        done = min(done_bytes, all_bytes)
        tenth = done * 10 // all_bytes if all_bytes else 10
        if tenth > self._said:
            self._said = tenth
            self._console.say(f"read {done / 1e6:,.1f} of {all_bytes / 1e6:,.1f} MB ({tenth * 10} %)")
