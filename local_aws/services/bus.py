"""Events between engines, in the shape that EventBridge delivers.

In: a source, a detail type, resources and a detail. Out: every subscriber is called with the event, in the order of
subscription, on the publisher's thread; a workflow engine that subscribes first has settled before a rule fires.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Event = dict[str, Any]


@dataclass(kw_only=True, eq=False)
class Bus:
    """Subscribers must not raise; what they do in the background is theirs."""

    account: str
    now: Callable[[], datetime]
    _subscribers: list[Callable[[Event], None]] = field(init=False, default_factory=list)

    def subscribe(self, subscriber: Callable[[Event], None]) -> None:
        """Adds a receiver of every event."""
        self._subscribers.append(subscriber)

    def publish(
        self, *, source: str, detail_type: str, resources: list[str], detail: dict[str, Any], region: str
    ) -> Event:
        """Delivers one event and returns it."""
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": self.account,
            "time": self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": region,
            "resources": resources,
            "detail": detail,
        }
        for subscriber in self._subscribers:
            subscriber(event)
        return event
