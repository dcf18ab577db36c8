"""The lab's clock, passed in so that tests wait for nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, kw_only=True)
class Clock:
    """`now` is aware and in UTC; `monotonic` and `sleep` are in seconds."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


WALL = Clock(now=lambda: datetime.now(UTC), monotonic=time.monotonic, sleep=time.sleep)
