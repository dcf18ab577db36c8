"""The processes of one local AWS: found by their environment, and ended with certainty.

A process id in a file may be stale or belong to somebody else by now; an inherited environment does
neither. The gateway carries a variable that names its folder; what it starts lives in a home below it.
Flows in: that folder. Flows out: process ids.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

PROC = Path("/proc")
PAUSE_SECONDS = 0.1
MARKER = "LAB_LOCAL_AWS"
HOMES = ("HOME", "AIRFLOW_HOME", "TMPDIR")


def belongs(environment: Iterable[str], folder: Path) -> bool:
    """Whether a process with these `NAME=value` texts is the local AWS of `folder`, or was started by it."""
    below = tuple(f"{name}={folder}/" for name in HOMES)
    return any(text == f"{MARKER}={folder}" or text.startswith(below) for text in environment)


def living(folder: Path) -> list[int]:
    """Processes (no zombies) of this user that belong to `folder`, this process left out."""
    found = _in_proc(folder) if PROC.is_dir() else _in_ps(folder)
    return sorted(pid for pid in found if pid != os.getpid())


def _in_proc(folder: Path) -> list[int]:
    found = []
    for process in PROC.iterdir():
        if not process.name.isdigit():
            continue
        try:
            # A zombie's environment is empty.
            texts = (process / "environ").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it ended meanwhile, or it is another user's
        if belongs(texts, folder):
            found.append(int(process.name))
    return found


def _in_ps(folder: Path) -> list[int]:
    """Where there is no /proc (macOS), `ps -E` shows the environment of the user's own processes."""
    listed = subprocess.run(["ps", "-axEww", "-o", "pid=,command="], capture_output=True, text=True, check=True)
    lines = [line.split() for line in listed.stdout.splitlines()]
    return [int(words[0]) for words in lines if belongs(words[1:], folder)]


def end_all(folder: Path, *, grace_seconds: float, first: int | None, sleep: Callable[[float], None]) -> list[int]:
    """Ends every process of `folder` and gives the ids of those that remain (none, if all is well).

    `first` gets TERM alone and the grace to end its own children in order; then the rest get TERM,
    then KILL.
    """
    if first is not None and first in living(folder):
        _signal([first], signal.SIGTERM)
        _wait(lambda: first not in living(folder), grace_seconds, sleep)
    for number, seconds in ((signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0)):
        _signal(living(folder), number)
        if _wait(lambda: not living(folder), seconds, sleep):
            return []
    return living(folder)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _wait(is_so: Callable[[], bool], seconds: float, sleep: Callable[[float], None]) -> bool:
    waited = 0.0
    while not is_so():
        if waited >= seconds:
            return False
        sleep(PAUSE_SECONDS)
        waited += PAUSE_SECONDS
    return True
