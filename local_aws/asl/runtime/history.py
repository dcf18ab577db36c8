"""The event history of one execution, in the shape of GetExecutionHistory.

In: event types with their details as JSON values, and the id of the event before. Out: numbered events, stamped
with both clocks: `timestamp` (the execution's clock) and `wall` (the machine's).
It enforces the service's 25,000-event quota, and does not decide what happens when the quota is reached.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from local_aws.asl.runtime.json_text import dump
from local_aws.clocks.clock import VirtualClock

EVENT_LIMIT = 25_000
"""https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""

_JSON_FIELDS = ("input", "output", "parameters")


class HistoryLimitReached(Exception):
    """Only the execution's last event would still fit."""


@dataclass(kw_only=True, eq=False)
class History:
    """An append-only, thread-safe list of events."""

    clock: VirtualClock
    limit: int = EVENT_LIMIT
    _events: list[dict[str, Any]] = field(init=False, default_factory=list[dict[str, Any]])
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __len__(self) -> int:
        with self._lock:
            return len(self._events)

    def events(self) -> list[dict[str, Any]]:
        """A copy of the list, oldest first."""
        with self._lock:
            return list(self._events)

    def add(self, kind: str, *, previous: int, is_last: bool = False, **details: Any) -> int:
        """Append one event and return its id; `HistoryLimitReached` unless it is the last or two are free.

        Details that are `LEFT_OUT` are dropped; input, output and parameters are written as JSON text.
        """
        record = {key: value for key, value in details.items() if value is not _LEFT_OUT}
        for name in _JSON_FIELDS:
            if name in record:
                record[name] = dump(record[name])
                if name != "parameters":
                    record[f"{name}Details"] = {"truncated": False}
        if "assignedVariables" in record:
            record["assignedVariables"] = {name: dump(value) for name, value in record["assignedVariables"].items()}
            record["assignedVariablesDetails"] = {"truncated": False}
        now, wall = self.clock.now(), self.clock.wall()
        with self._lock:
            number = len(self._events) + 1
            if number >= self.limit and not is_last:
                raise HistoryLimitReached
            event: dict[str, Any] = {"timestamp": now, "wall": wall, "type": kind, "id": number}
            event["previousEventId"] = previous
            if record or kind in _ALWAYS_DETAILED:
                event[_details_key(kind)] = record
            self._events.append(event)
            return number


class _LeftOut:
    """Marks a detail that this event does not have, where None would be JSON's null."""


_LEFT_OUT = _LeftOut()
LEFT_OUT: Any = _LEFT_OUT

_ALWAYS_DETAILED = frozenset({"ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"})


def present(value: Any) -> Any:
    """The value, or the mark of a detail left out where it is None."""
    return LEFT_OUT if value is None else value


def _details_key(kind: str) -> str:
    if kind.endswith("StateEntered"):
        return "stateEnteredEventDetails"
    if kind.endswith("StateExited"):
        return "stateExitedEventDetails"
    return f"{kind[0].lower()}{kind[1:]}EventDetails"
