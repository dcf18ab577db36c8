"""The branches of a Parallel state or the iterations of a Map state, run side by side by a limited number of workers.

In: a visit, the number of children, what one child does. Out: their outputs in order, or, after all have ended, the
first failure. The first failure stops the others; the parent sleeps on the execution's clock meanwhile. A redriven
visit runs only the children that had not finished.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from local_aws.asl.runtime.branch import Branch, Checkpoint, Done
from local_aws.asl.runtime.cancellation import Cancellation
from local_aws.asl.runtime.errors import Halted
from local_aws.asl.runtime.visit import Visit

Child = tuple[int, Checkpoint | None]
Work = Callable[[int, Checkpoint | None, int], int]
"""Runs one child. In: its number, where to go on, and the id of the event that its first event follows. Out: the id of
the event that the next child of the same worker follows."""


class Children:
    """One attempt at all children; used once. Who runs a child tells how it went: `ended` or `failed`."""

    def __init__(self, *, visit: Visit, count: int, at_once: int) -> None:
        clock, parent = visit.branch.run.clock, visit.branch
        self._visit, self._count, self._at_once = visit, count, at_once
        self._lock = threading.Lock()
        self._failure: BaseException | None = None
        self._halted = False
        self._working = 0
        self._all_ended = clock.event()
        self._last_event = parent.previous
        self._failed_event: int | None = None
        self.group = Cancellation(clock=clock, parent=parent.cancellation)

    def run(self, work: Work, *, name: str, **started: Any) -> list[Any]:
        """Outputs by number. The parent's next event follows the first failure's, else the last child's."""
        visit, branch, kind = self._visit, self._visit.branch, self._visit.state["Type"]
        finished = visit.take_children()
        if not visit.resumed or visit.retry_count:
            branch.add(f"{kind}StateStarted", **started)
        self._last_event = branch.previous
        waiting = [
            (number, before if isinstance(before, Checkpoint) else None)
            for number in range(self._count)
            if not isinstance(before := finished.get(number), Done)
        ]
        try:
            self._run_all(waiting, work, name)
        finally:
            branch.previous = self._last_event if self._failed_event is None else self._failed_event
        branch.add_aside(f"{kind}StateSucceeded")
        return [_output(visit.children[number]) for number in range(self._count)]

    def ended(self, number: int, output: Any, event: int) -> None:
        """A child ended with this output and event."""
        self._visit.children[number] = Done(output)
        self._last_event = event

    def failed(self, number: int, child: Branch) -> None:
        """A child failed, or was halted because of one that failed earlier; a redrive goes on where it was."""
        self._visit.keep_child(number, child)
        if self._failed_event is None:
            self._failed_event = child.previous

    def _run_all(self, waiting: list[Child], work: Work, name: str) -> None:
        branch, queue = self._visit.branch, iter(waiting)
        self._working = min(self._at_once, len(waiting))
        try:
            if self._working == 1:
                self._work_off(queue, work, branch.previous)
            elif self._working > 1:
                start = branch.previous
                for number in range(self._working):
                    branch.run.clock.spawn(lambda: self._work_off(queue, work, start), name=f"{name} {number}")
                branch.run.clock.sleep(None, until=self._all_ended)
        finally:
            self.group.release()
        if self._failure is not None:
            raise self._failure
        branch.cancellation.check()
        if self._halted:
            raise Halted

    def _work_off(self, queue: Iterator[Child], work: Work, previous: int) -> None:
        try:
            while (child := self._next(queue)) is not None:
                previous = work(*child, previous)
        except Halted:
            self._halted = True
        except BaseException as failure:
            with self._lock:
                self._failure = self._failure or failure
            self.group.set()
        finally:
            with self._lock:
                self._working -= 1
                is_last = self._working == 0
            if is_last:
                self._all_ended.set()

    def _next(self, queue: Iterator[Child]) -> Child | None:
        with self._lock:
            return None if self.group.signal.is_set() else next(queue, None)


def _output(child: Done | Checkpoint) -> Any:
    if not isinstance(child, Done):
        raise TypeError("A branch or iteration ended without an output and without a failure")
    return child.output
