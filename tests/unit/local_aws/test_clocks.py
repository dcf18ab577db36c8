"""Clocks of executions, and the work that holds them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from local_aws.gateway.idle import wait_until_idle
from local_aws.services.clocks import Clocks

START = datetime(2026, 11, 20, tzinfo=UTC)


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


def test_a_forgotten_server_stops_and_a_used_one_does_not() -> None:
    moments = iter([0.0, 100.0, 3700.0])
    assert wait_until_idle(
        stopped=threading.Event(), last_call=lambda: 0.0, limit_seconds=0.0, monotonic=lambda: next(moments)
    )
    stopped = threading.Event()
    stopped.set()
    assert not wait_until_idle(stopped=stopped, last_call=lambda: 0.0, limit_seconds=3600, monotonic=lambda: 1.0)
