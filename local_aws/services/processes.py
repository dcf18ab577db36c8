"""Every process the gateway starts: each in its own group, so that all of it can be ended and nothing is left.

In: commands. Out: running processes, ended one by one or all at shutdown (TERM, then KILL). Processes that others
started are never touched.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_GRACE_SECONDS = 5.0


class ShuttingDown(RuntimeError):
    """The local AWS ends; it starts no process any more."""


class Processes:
    """A registry of process groups."""

    def __init__(self) -> None:
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._is_closed = False

    def start(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        stdout: IO[bytes] | int,
        stderr: IO[bytes] | int,
        stdin: IO[bytes] | int = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        """Starts a command as leader of a new session; raises ShuttingDown after `end_all`."""
        with self._lock:
            if self._is_closed:
                raise ShuttingDown("the local AWS is shutting down; it starts no process any more")
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(environment),
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
            self._running[process.pid] = process
            return process

    def forget(self, process: subprocess.Popen[bytes]) -> None:
        """The leader has ended; what it left behind in its group is ended too."""
        _signal_group(process.pid, signal.SIGKILL)
        with self._lock:
            self._running.pop(process.pid, None)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL to the whole group, at once."""
        _signal_group(process.pid, signal.SIGKILL)

    def end(self, process: subprocess.Popen[bytes], *, grace_seconds: float = _GRACE_SECONDS) -> None:
        """TERM to the group, KILL to what is left after the grace; returns when the leader has ended."""
        _signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=grace_seconds)
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()
        with self._lock:
            self._running.pop(process.pid, None)

    def end_together(self, processes: Sequence[subprocess.Popen[bytes]]) -> None:
        """As `end`, for groups that may all use the same grace."""
        for process in processes:
            _signal_group(process.pid, signal.SIGTERM)
        for process in processes:
            self.end(process)

    def end_all(self) -> None:
        """Ends every group that is still there; nothing can be started afterwards."""
        with self._lock:
            self._is_closed = True
            left = list(self._running.values())
        self.end_together(left)


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
