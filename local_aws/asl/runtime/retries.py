"""Retry and Catch fields: which of them answers a failure, and how long a retry waits.

In: the field's lists, a failure, a source of randomness. Out: a delay in seconds, a catcher, or None.
It neither waits nor counts transitions; the states that fail do.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from local_aws.asl.runtime.errors import (
    ALL,
    HEARTBEAT_TIMEOUT,
    RUNTIME,
    TASK_FAILED,
    TIMEOUT,
    StatesError,
    TerminalError,
)


def names_match(names: Sequence[str], failure: StatesError) -> bool:
    """Whether an ErrorEquals list covers a failure; none covers a `TerminalError` or States.Runtime."""
    if isinstance(failure, TerminalError) or failure.error == RUNTIME:
        return False
    return any(
        name == ALL
        or name == failure.error
        or (name == TIMEOUT and failure.error == HEARTBEAT_TIMEOUT)
        or (name == TASK_FAILED and failure.error not in (TIMEOUT, HEARTBEAT_TIMEOUT))
        for name in names
    )


class Retriers:
    """The Retry field of one state while it runs once; counts attempts per retrier, as the language asks."""

    def __init__(self, *, retriers: Sequence[Mapping[str, Any]], rng: random.Random) -> None:
        self._retriers = retriers
        self._attempts = [0] * len(retriers)
        self._rng = rng

    def delay_seconds(self, failure: StatesError) -> float | None:
        """How long to wait before the next attempt; None: the failure is not retried (any more)."""
        for number, retrier in enumerate(self._retriers):
            if not names_match(retrier["ErrorEquals"], failure):
                continue
            attempt = self._attempts[number]
            if attempt >= retrier.get("MaxAttempts", 3):
                return None
            self._attempts[number] += 1
            delay = retrier.get("IntervalSeconds", 1) * float(retrier.get("BackoffRate", 2.0)) ** attempt
            delay = min(delay, retrier.get("MaxDelaySeconds", delay))
            return self._rng.uniform(0, delay) if retrier.get("JitterStrategy") == "FULL" else delay
        return None


def catcher_for(catchers: Sequence[Mapping[str, Any]], failure: StatesError) -> Mapping[str, Any] | None:
    """The first catcher that covers the failure."""
    return next((catcher for catcher in catchers if names_match(catcher["ErrorEquals"], failure)), None)


def error_output(failure: StatesError) -> dict[str, str]:
    """What a caught failure becomes; a failure without cause has an empty one."""
    return {"Error": failure.error or "", "Cause": failure.cause or ""}
