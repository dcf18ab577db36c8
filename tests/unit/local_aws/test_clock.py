"""Virtual time jumps only when everybody sleeps and nothing real goes on."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from local_aws.clocks.clock import Signal, VirtualClock, WallClock

START = datetime(2026, 2, 28, 23, 59, tzinfo=UTC)
JOIN_SECONDS = 10


class Stopwatch:
    """A monotonic time that moves when told."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_sleeping_alone_costs_nothing_and_moves_time() -> None:
    clock = VirtualClock(start=START)
    assert clock.sleep(86_400) is False
    assert clock.now() == START + timedelta(days=1)


def test_sleepers_wake_in_the_order_of_their_deadlines() -> None:
    clock = VirtualClock(start=START)
    woken: list[tuple[int, datetime]] = []

    def sleeper(seconds: int) -> None:
        clock.sleep(seconds)
        woken.append((seconds, clock.now()))

    with clock.participating():
        threads = [clock.spawn(lambda s=s: sleeper(s), name=str(s)) for s in (30, 10, 20)]
    for thread in threads:
        thread.join(JOIN_SECONDS)
    assert woken == [(s, START + timedelta(seconds=s)) for s in (10, 20, 30)]


def test_time_stands_still_while_a_participant_computes() -> None:
    clock = VirtualClock(start=START)
    with clock.participating():
        thread = clock.spawn(lambda: clock.sleep(5), name="sleeper")
        thread.join(0.05)
        assert thread.is_alive()
        assert clock.now() == START
    thread.join(JOIN_SECONDS)
    assert not thread.is_alive()
    assert clock.now() == START + timedelta(seconds=5)


def test_time_follows_real_time_while_work_goes_on_and_stays_where_it_was() -> None:
    stopwatch = Stopwatch()
    clock = VirtualClock(start=START, monotonic=stopwatch)
    with clock.working():
        stopwatch.seconds += 3
        assert clock.now() == START + timedelta(seconds=3)
        stopwatch.seconds += 4
    stopwatch.seconds += 1000
    assert clock.now() == START + timedelta(seconds=7)


def test_no_jump_over_real_work() -> None:
    stopwatch = Stopwatch()
    clock = VirtualClock(start=START, monotonic=stopwatch)
    with clock.working():
        thread = clock.spawn(lambda: clock.sleep(60), name="poller")
        thread.join(0.05)
        assert thread.is_alive()
        assert clock.now() == START
        stopwatch.seconds += 20
    thread.join(JOIN_SECONDS)
    assert clock.now() == START + timedelta(seconds=60)


def test_signal_ends_a_sleep_at_the_time_it_was_set() -> None:
    clock = VirtualClock(start=START)
    signal = clock.event()
    answers: list[bool] = []
    with clock.participating():
        waiter = clock.spawn(lambda: answers.append(clock.sleep(None, until=signal)), name="waiter")
        clock.sleep(12)
        signal.set()
    waiter.join(JOIN_SECONDS)
    assert answers == [True]
    assert clock.now() == START + timedelta(seconds=12)


def test_waking_by_signal_leaves_no_moment_in_which_time_could_jump() -> None:
    clock = VirtualClock(start=START)
    for _ in range(200):
        before = clock.now()
        done = clock.event()
        with clock.participating():
            clock.spawn(done.set, name="setter")
            assert clock.sleep(3600, until=done) is True
            assert clock.now() == before


def test_plain_event_ends_a_sleep_too() -> None:
    clock = VirtualClock(start=START)
    plain = threading.Event()
    with clock.working():
        thread = clock.spawn(lambda: clock.sleep(None, until=[plain, clock.event()]), name="waiter")
        plain.set()
        thread.join(JOIN_SECONDS)
    assert not thread.is_alive()


def test_a_set_event_and_a_passed_deadline_are_not_slept_on() -> None:
    clock = VirtualClock(start=START)
    signal = clock.event()
    signal.set()
    assert clock.sleep(100, until=signal) is True
    assert clock.sleep(-5) is False
    assert clock.now() == START


def test_failing_target_does_not_hold_time_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    clock = VirtualClock(start=START)

    def fail() -> None:
        raise ValueError("broken")

    clock.spawn(fail, name="failing").join(JOIN_SECONDS)
    assert clock.sleep(9) is False
    assert clock.now() == START + timedelta(seconds=9)


def test_both_clocks_read_the_wall() -> None:
    fixed = datetime(2030, 1, 1, tzinfo=UTC)
    virtual, wall = VirtualClock(start=START, wall=lambda: fixed), WallClock(wall=lambda: fixed)
    assert virtual.wall() == wall.wall() == wall.now() == fixed


def test_wall_clock_wakes_by_signal() -> None:
    clock = WallClock()
    signal = clock.event()
    assert isinstance(signal, Signal)
    with clock.working(), clock.participating():
        clock.spawn(signal.set, name="setter")
        assert clock.sleep(JOIN_SECONDS, until=signal) is True
    assert clock.sleep(0.0) is False
