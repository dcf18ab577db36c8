"""Virtual clocks, one per execution, and the real work that all of them must respect.

In: announcements of real work (a job, a crawl, a query). Out: clocks that follow real time while any work goes on
and jump over waits otherwise. Each starts at the wall's time, so that an execution's start can be compared with API
timestamps.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from local_aws.clocks.clock import Clock, VirtualClock


class Clocks:
    """The clocks in use and the work in progress."""

    def __init__(self, *, new_clock: Callable[[datetime], Clock] | None = None) -> None:
        self._new_clock = new_clock or (lambda start: VirtualClock(start=start))
        self._clocks: list[Clock] = []
        self._work: dict[int, ExitStack] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def start(self, now: datetime) -> Clock:
        """A new clock that reads `now`; work in progress counts for it from the first moment."""
        clock = self._new_clock(now)
        with self._lock:
            self._clocks.append(clock)
            for stack in self._work.values():
                stack.enter_context(clock.working())
        return clock

    @contextmanager
    def working(self) -> Iterator[None]:
        """Real work goes on until the exit: no clock jumps."""
        number = next(self._numbers)
        stack = ExitStack()
        with self._lock:
            for clock in self._clocks:
                stack.enter_context(clock.working())
            self._work[number] = stack
        try:
            yield
        finally:
            with self._lock:
                del self._work[number]
            stack.close()
