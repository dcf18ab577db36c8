"""Children of a Parallel or Map state, run side by side in a limited number of lanes.

In: jobs (one per branch or item) and the number of lanes. Out: when all have ended, the first failure if any.
The first failure stops the others; the parent sleeps on the execution's clock meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from local_aws.asl.runtime.branch import Branch
from local_aws.asl.runtime.cancellation import Cancellation
from local_aws.asl.runtime.errors import Halted

Job = Callable[[int], int]
"""Runs one child. In: the event id its first event follows. Out: the event id the next child of its lane follows."""


class Workers:
    """Runs jobs for one parent branch; used once."""

    def __init__(self, *, parent: Branch, lanes: int) -> None:
        self._parent = parent
        self._lanes = lanes
        self._lock = threading.Lock()
        self._failure: BaseException | None = None
        self._halted = False
        self._open_lanes = 0
        self._all_done = parent.run.clock.event()
        self.group = Cancellation(clock=parent.run.clock, parent=parent.cancellation)

    def run(self, jobs: list[Job], *, name: str) -> None:
        """Run all jobs; raises the first failure after every lane has ended, or `Halted`."""
        queue = iter(jobs)
        lanes = min(self._lanes, len(jobs))
        self._open_lanes = lanes
        try:
            if lanes == 1:
                self._lane(queue, self._parent.previous)
            elif lanes > 1:
                start = self._parent.previous
                for number in range(lanes):
                    self._parent.run.clock.spawn(lambda: self._lane(queue, start), name=f"{name} {number}")
                self._parent.run.clock.sleep(None, until=self._all_done)
        finally:
            self.group.release()
        if self._failure is not None:
            raise self._failure
        self._parent.cancellation.check()
        if self._halted:
            raise Halted

    def _lane(self, queue: Iterator[Job], previous: int) -> None:
        try:
            while (job := self._take(queue)) is not None:
                previous = job(previous)
        except Halted:
            self._halted = True
        except BaseException as failure:
            with self._lock:
                self._failure = self._failure or failure
            self.group.set()
        finally:
            with self._lock:
                self._open_lanes -= 1
                is_last = self._open_lanes == 0
            if is_last:
                self._all_done.set()

    def _take(self, queue: Iterator[Job]) -> Job | None:
        with self._lock:
            return None if self.group.signal.is_set() else next(queue, None)
