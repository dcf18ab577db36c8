"""The audit queue behind the outcome topic: which messages a run really sent.

Messages are taken off the queue and kept, so that a late duplicate of an earlier run is still seen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

UNRECORDED = Field(exclude=True)  # runs.json names a message by subject and status alone
SETTLE_SECONDS = 1.0
PAUSE_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Notification:
    """One message of the topic. `status` is None where the body is not an outcome."""

    subject: str
    status: str | None
    run_id: Annotated[str | None, UNRECORDED] = None
    failed_step: Annotated[str | None, UNRECORDED] = None
    error: Annotated[str | None, UNRECORDED] = None
    sent_at: Annotated[datetime | None, UNRECORDED] = None


class Mailbox:
    """One queue over the life of a command; `monotonic` and `sleep` are the caller's clock."""

    def __init__(
        self, *, sqs: SQSClient, queue_url: str, monotonic: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._monotonic = monotonic
        self._sleep = sleep
        self._seen: dict[str, Notification] = {}

    def drain(self) -> None:
        """Takes whatever is there now."""
        while messages := self._receive():
            for message in messages:
                self._seen.setdefault(message["MessageId"], parsed(message["Body"]))
                self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])

    def of_run(self, run_id: str) -> tuple[Notification, ...]:
        """What has arrived so far."""
        return tuple(one for one in self._seen.values() if one.run_id == run_id)

    def wait_for(self, run_id: str, *, seconds: float) -> tuple[Notification, ...]:
        """Waits at most `seconds` for the first message, then a moment longer for a duplicate."""
        until = self._monotonic() + seconds
        self.drain()
        while not self.of_run(run_id) and self._monotonic() < until:
            self._sleep(PAUSE_SECONDS)
            self.drain()
        if self.of_run(run_id):
            self._sleep(SETTLE_SECONDS)
            self.drain()
        return self.of_run(run_id)

    def _receive(self) -> Sequence[Mapping[str, Any]]:
        answer = self._sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        return answer.get("Messages", [])


def parsed(body: str) -> Notification:
    """A queue message as SNS wraps it."""
    envelope = _object(body)
    outcome = _object(envelope.get("Message", ""))
    sent = envelope.get("Timestamp")
    return Notification(
        subject=envelope.get("Subject") or "",
        run_id=outcome.get("run_id"),
        status=outcome.get("status"),
        failed_step=outcome.get("failed_step"),
        error=outcome.get("error"),
        sent_at=datetime.fromisoformat(sent) if sent else None,
    )


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
