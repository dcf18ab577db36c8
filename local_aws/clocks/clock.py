"""Virtual time, so that waits cost nothing.

For everything in local_aws that waits: the state machine interpreter, service integrations, crawlers, schedules.
In: sleeps, signals and declarations of real work. Out: UTC readings and woken sleepers.
It does not know what it is timing, and never skips time in which real work goes on.

The rule of the virtual clock: time stands still while a participant computes, follows real time while somebody
is inside `working()`, and jumps to the earliest deadline when every participant sleeps.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


def wall_now() -> datetime:
    """The machine's time, UTC."""
    return datetime.now(UTC)


class Signal(threading.Event):
    """An event whose `set` wakes the clock's sleepers before the setter itself can fall asleep.

    Without that order there would be a moment in which setter and woken thread both look idle, and time would
    jump over work that is about to start.
    """

    def __init__(self, *, condition: threading.Condition, on_set: Callable[[], None]) -> None:
        super().__init__()
        self._condition = condition
        self._on_set = on_set

    def set(self) -> None:
        with self._condition:
            super().set()
            self._on_set()


Until = Signal | Iterable[Signal] | None


@dataclass(eq=False)
class _Sleeper:
    deadline: datetime | None
    until: tuple[Signal, ...]
    woken: bool = field(default=False)

    def is_due(self, now: datetime) -> bool:
        if any(event.is_set() for event in self.until):
            return True
        return self.deadline is not None and now >= self.deadline


class VirtualClock:
    """A clock that jumps only when everybody sleeps and no real work goes on.

    A participant is a thread started by `spawn` or inside `participating()`; while it neither sleeps nor has
    ended, time does not jump. Any other thread may sleep too, it just holds nothing up before it does.
    """

    def __init__(
        self,
        *,
        start: datetime | None = None,
        wall: Callable[[], datetime] = wall_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._condition = threading.Condition(threading.RLock())
        self._wall = wall
        self._monotonic = monotonic
        self._base = start or wall()
        self._anchor = 0.0
        self._workers = 0
        self._active = 0
        self._sleepers: set[_Sleeper] = set()
        self._participant = threading.local()

    def now(self) -> datetime:
        """The virtual time."""
        with self._condition:
            if not self._workers:
                return self._base
            return self._base + timedelta(seconds=self._monotonic() - self._anchor)

    def wall(self) -> datetime:
        """The real time, for traces that carry both."""
        return self._wall()

    def event(self) -> Signal:
        """An event to sleep on."""
        return Signal(condition=self._condition, on_set=self._settle)

    def sleep(self, seconds: float | None, until: Until = None) -> bool:
        """Sleep virtual seconds (None: no deadline) or until one of the events is set; True if an event was."""
        events = _as_events(until)
        with self._condition:
            now = self.now()
            deadline = None if seconds is None else now + timedelta(seconds=max(0.0, seconds))
            sleeper = _Sleeper(deadline=deadline, until=events)
            if sleeper.is_due(now):
                return any(event.is_set() for event in events)
            was_active = getattr(self._participant, "active", False)
            self._sleepers.add(sleeper)
            if was_active:
                self._active -= 1
            try:
                self._settle()
                self._await(sleeper)
            finally:
                self._sleepers.discard(sleeper)
                if not sleeper.woken:
                    self._active += 1
                if not was_active:
                    self._active -= 1
                    self._settle()
            return any(event.is_set() for event in events)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Real work is in progress (a subprocess, a query): until the exit, virtual time follows real time.

        Not bound to a thread: enter it before the work is handed over, and set the events that tell of its end
        before leaving it, so that no jump fits in between.
        """
        with self._condition:
            if not self._workers:
                self._anchor = self._monotonic()
            self._workers += 1
            self._condition.notify_all()
        try:
            yield
        finally:
            with self._condition:
                now = self.now()
                self._workers -= 1
                if not self._workers:
                    self._base = now
                self._condition.notify_all()
                self._settle()

    @contextmanager
    def participating(self) -> Iterator[None]:
        """The calling thread is a participant until the exit; nests."""
        was_active = getattr(self._participant, "active", False)
        if not was_active:
            self._enter()
            self._participant.active = True
        try:
            yield
        finally:
            if not was_active:
                self._participant.active = False
                self._leave()

    def spawn(self, target: Callable[[], object], *, name: str) -> threading.Thread:
        """Start a daemon thread that is a participant from this call on until its target returns."""

        def run() -> None:
            self._participant.active = True
            try:
                target()
            finally:
                self._participant.active = False
                self._leave()

        thread = threading.Thread(target=run, name=name, daemon=True)
        self._enter()
        try:
            thread.start()
        except BaseException:
            self._leave()
            raise
        return thread

    def _enter(self) -> None:
        with self._condition:
            self._active += 1

    def _leave(self) -> None:
        with self._condition:
            self._active -= 1
            self._settle()

    def _await(self, sleeper: _Sleeper) -> None:
        while not sleeper.woken:
            timeout = None
            if self._workers and sleeper.deadline is not None:
                timeout = (sleeper.deadline - self.now()).total_seconds()
            self._condition.wait(timeout)
            self._settle()

    def _settle(self) -> None:
        """Wake who is due; if then nobody runs and nothing works, jump to the earliest deadline."""
        with self._condition:
            self._wake()
            if self._active or self._workers:
                return
            deadlines = [sleeper.deadline for sleeper in self._sleepers if sleeper.deadline is not None]
            if deadlines:
                self._base = max(self._base, min(deadlines))
                self._wake()

    def _wake(self) -> None:
        now = self.now()
        due = [sleeper for sleeper in self._sleepers if not sleeper.woken and sleeper.is_due(now)]
        for sleeper in due:
            sleeper.woken = True
            self._active += 1
        # Only then: sleepers settle whenever they are notified, and would otherwise keep each other awake.
        if due:
            self._condition.notify_all()


class Clocks:
    """The clocks in use, one per execution, and the real work that all of them must respect.

    Each starts at the wall's time, so that an execution's start can be compared with API timestamps.
    """

    def __init__(self) -> None:
        self._clocks: list[VirtualClock] = []
        self._work: dict[int, ExitStack] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def start(self, now: datetime) -> VirtualClock:
        """A new clock that reads `now`; work in progress counts for it from the first moment."""
        clock = VirtualClock(start=now)
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

    def start_work(self, work: Callable[[], object], *, name: str) -> None:
        """Does the work in a thread of its own; it counts from this call on, so that no clock jumps before it runs."""
        held = ExitStack()
        held.enter_context(self.working())

        def run() -> None:
            with held:
                work()

        threading.Thread(target=run, name=name, daemon=True).start()


def _as_events(until: Until) -> tuple[Signal, ...]:
    if until is None:
        return ()
    return (until,) if isinstance(until, Signal) else tuple(until)
