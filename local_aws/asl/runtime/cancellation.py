"""Stop requests that travel from an execution down to its branches.

In: `set()`. Out: a signal that every sleep of the branch and of everything below it watches. It never travels up.
"""

from __future__ import annotations

import threading

from local_aws.asl.runtime.errors import Halted
from local_aws.clocks.clock import VirtualClock


class Cancellation:
    """One node of the tree; the root belongs to the execution."""

    def __init__(self, *, clock: VirtualClock, parent: Cancellation | None = None) -> None:
        self.signal = clock.event()
        self._clock = clock
        self._lock = threading.Lock()
        self._below: list[Cancellation] = []
        self._parent = parent
        if parent is not None:
            parent._adopt(self)

    def _adopt(self, child: Cancellation) -> None:
        with self._lock:
            self._below.append(child)
        if self.signal.is_set():
            child.set()

    def release(self) -> None:
        """Forget this node: its work has ended."""
        if self._parent is not None:
            with self._parent._lock:
                self._parent._below.remove(self)

    def set(self) -> None:
        """Ask this node and all below to stop."""
        self.signal.set()
        with self._lock:
            below = list(self._below)
        for child in below:
            child.set()

    def check(self) -> None:
        """Raise `Halted` if a stop was asked for."""
        if self.signal.is_set():
            raise Halted
