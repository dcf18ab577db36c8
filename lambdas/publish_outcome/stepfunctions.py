"""Entry point for Step Functions: the `notify` step, an execution's change of status, or the sweep.

Flows in: {"notify": {...}}, EventBridge's "Step Functions Execution Status Change" or "Scheduled Event". Flows out: the
message of every ended execution that has none. An error means that the state machine or Lambda tries again.
"""

from __future__ import annotations

import functools
import logging
import os
from dataclasses import dataclass
from typing import Any

import boto3

from lambdas.environment import settings_from
from lambdas.publish_outcome.executions import Executions
from lambdas.publish_outcome.publishing import Publisher, PublisherSettings
from lambdas.publish_outcome.requests import Notice, is_sweep, since

logging.getLogger().setLevel(logging.INFO)


@dataclass(frozen=True, kw_only=True)
class Settings(PublisherSettings):
    """From environment variables of the same names."""

    machine_arn: str


class ExecutionOutcomes:
    """Clients are arguments, so that a test passes its own."""

    def __init__(self, *, lane: str, executions: Executions, publisher: Publisher) -> None:
        self._lane, self._executions, self._publisher = lane, executions, publisher

    def answer(self, event: dict[str, Any]) -> int:
        """Number of messages sent; raises NotificationFailed, OutcomeBeingPublished, to be called again."""
        if notice := Notice.of(event):
            return self._publisher.publish_all([notice.ended(self._lane)])
        if is_sweep(event):
            return self._publisher.publish_all(self._executions.since(since(event)))
        return self._publisher.publish_all(self._executions.of_event(event["detail"]))


@functools.cache
def _outcomes() -> ExecutionOutcomes:
    settings = settings_from(os.environ, Settings)
    return ExecutionOutcomes(
        lane=settings.lane,
        executions=Executions(
            states=boto3.client("stepfunctions"), machine_arn=settings.machine_arn, lane=settings.lane
        ),
        publisher=Publisher.of(settings),
    )


def handle(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Returns how many messages were sent."""
    return {"sent": _outcomes().answer(event)}
