"""Virtual time jumps only when everybody sleeps and nothing real goes on."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from local_aws.clocks.clock import Clocks, VirtualClock

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


def test_the_clock_reads_the_wall_too() -> None:
    fixed = datetime(2030, 1, 1, tzinfo=UTC)
    assert VirtualClock(start=START, wall=lambda: fixed).wall() == fixed


def test_a_clock_starts_at_the_moment_it_is_given_and_jumps_over_waits() -> None:
    clock = Clocks().start(START)
    clock.sleep(3600)
    assert clock.now() == START + timedelta(hours=1)


def test_clocks_do_not_move_each_other() -> None:
    clocks = Clocks()
    one, other = clocks.start(START), clocks.start(START)
    one.sleep(3600)
    assert other.now() == START


def test_no_clock_jumps_while_work_goes_on_even_if_it_starts_later() -> None:
    clocks = Clocks()
    early = clocks.start(START)
    with clocks.working():
        late = clocks.start(START)
        for clock in (early, late):
            ended, woken = threading.Event(), clock.event()
            threading.Thread(
                target=lambda c=clock, w=woken, e=ended: e.set() if c.sleep(3600, until=w) else None
            ).start()
            assert not ended.wait(0.05)
            assert clock.now() < START + timedelta(seconds=60)
            woken.set()
            assert ended.wait(5)
    for clock in (early, late):
        clock.sleep(3600)
        assert clock.now() >= START + timedelta(hours=1)


def test_work_counts_from_the_call_that_starts_it_until_its_end() -> None:
    clocks = Clocks()
    clock, may_end, ended = clocks.start(START), threading.Event(), threading.Event()
    clocks.start_work(lambda: may_end.wait(JOIN_SECONDS), name="work")
    threading.Thread(target=lambda: (clock.sleep(3600), ended.set())).start()
    assert not ended.wait(0.05)
    may_end.set()
    assert ended.wait(JOIN_SECONDS)
