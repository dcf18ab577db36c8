"""The watchdog: a local AWS that was forgotten ends by itself.

In: when the last call came. Out: returns when told to stop, or when nobody has called for the limit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def wait_until_idle(
    *,
    stopped: threading.Event,
    last_call: Callable[[], float],
    limit_seconds: float,
    monotonic: Callable[[], float] = time.monotonic,
) -> bool:
    """True if it ended by idleness, False if by `stopped`. `last_call` in seconds of the same monotonic clock."""
    while True:
        left = limit_seconds - (monotonic() - last_call())
        if left <= 0:
            return True
        if stopped.wait(timeout=left):
            return False
