"""A local AWS that was forgotten ends by itself."""

from __future__ import annotations

import threading

from local_aws.__main__ import wait_until_idle


def test_a_forgotten_server_stops_and_a_used_one_does_not() -> None:
    moments = iter([0.0, 100.0, 3700.0])
    assert wait_until_idle(
        stopped=threading.Event(), last_call=lambda: 0.0, limit_seconds=0.0, monotonic=lambda: next(moments)
    )
    stopped = threading.Event()
    stopped.set()
    assert not wait_until_idle(stopped=stopped, last_call=lambda: 0.0, limit_seconds=3600, monotonic=lambda: 1.0)
