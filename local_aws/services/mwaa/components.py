"""Airflow's components, each in a process group of its own: one that ends is started again, a few times, as MWAA does.

In: how to start one by name. Out: whether all run, and why they do not any more. When one has ended too often, all are
ended: an Airflow without one of its components would let runs wait for ever.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NAMES = ("scheduler", "dag-processor", "api-server", "triggerer")
RESTARTS = 3
WITHIN_SECONDS = 300.0
_LOOK_SECONDS = 0.25


@dataclass(kw_only=True, eq=False)
class Components:
    """`start` begins the named one; `forget` ends what a dead one left behind; `end` ends all that are given."""

    names: Sequence[str]
    start: Callable[[str], Any]
    forget: Callable[[Any], None]
    end: Callable[[Sequence[Any]], None]
    monotonic: Callable[[], float] = time.monotonic
    say: Callable[[str], object] = sys.stderr.write
    _running: dict[str, Any] = field(init=False, default_factory=dict)
    _vital: dict[str, Any] = field(init=False, default_factory=dict)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _stopped: threading.Event = field(init=False, default_factory=threading.Event)
    failure: str | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._ended_at: dict[str, list[float]] = {name: [] for name in self.names}

    @property
    def running(self) -> dict[str, Any]:
        """Each component's present process."""
        with self._lock:
            return dict(self._running)

    def begin(self, *, vital: Mapping[str, Any]) -> None:
        """Starts all of them; `vital` runs already, and nothing goes on without it. Does nothing after `stop`."""
        with self._lock:
            if not self._stopped.is_set():
                self._vital = dict(vital)
                for name in self.names:
                    self._running[name] = self.start(name)

    def watch(self) -> None:
        """Looks until `stop` or `unwatch`, or until one has ended too often."""
        while not self._stopped.wait(_LOOK_SECONDS) and self.failure is None:
            self.look()

    def look(self) -> None:
        """Starts again what has ended since the last look, or gives up."""
        with self._lock:
            if self._stopped.is_set() or self.failure is not None:
                return
            for name, process in self._vital.items():
                if process.poll() is not None:
                    self._give_up(f"ComponentEnded: Airflow's {name} ended with code {process.poll()}")
                    return
            for name, process in list(self._running.items()):
                if process.poll() is not None:
                    self._ended(name, process)
                if self.failure is not None:
                    return

    def unwatch(self) -> None:
        """Nothing is started again; everything is about to be ended by somebody else."""
        self._stopped.set()

    def stop(self) -> None:
        """Ends all of them; harmless if done before."""
        self._stopped.set()
        with self._lock:
            self._end_all()

    def _ended(self, name: str, process: Any) -> None:
        now = self.monotonic()
        self.forget(process)
        del self._running[name]
        recent = [at for at in self._ended_at[name] if now - at < WITHIN_SECONDS] + [now]
        self._ended_at[name] = recent
        told = f"ComponentEnded: Airflow's {name} ended with code {process.poll()}"
        if len(recent) > RESTARTS:
            self._give_up(f"{told}, {len(recent)} times within {WITHIN_SECONDS:.0f} s")
            return
        self.say(f"{told}; started again ({len(recent)} of {RESTARTS})\n")
        self._running[name] = self.start(name)

    def _give_up(self, told: str) -> None:
        self.failure = f"{told}; it is not started again"
        self.say(f"{self.failure}\n")
        self._end_all()

    def _end_all(self) -> None:
        self.end(list(self._running.values()))
        self.end(list(self._vital.values()))
        self._running, self._vital = {}, {}
