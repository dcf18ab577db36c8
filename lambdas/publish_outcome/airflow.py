"""Entry point for Airflow: a task of the DAG that notifies, or the sweep, for MWAA sends no events.

Flows in: {"notify": {...}} or EventBridge's "Scheduled Event". Flows out: the message of every ended DAG run that has
none. An error means that Airflow or Lambda tries again.
"""

from __future__ import annotations

import functools
import logging
import os
from dataclasses import dataclass, replace
from typing import Any

import boto3
from botocore.config import Config

from lambdas.environment import settings_from
from lambdas.publish_outcome.dag_runs import DagRuns, start_of
from lambdas.publish_outcome.publishing import Publisher, PublisherSettings
from lambdas.publish_outcome.requests import Notice, since

logging.getLogger().setLevel(logging.INFO)


@dataclass(frozen=True, kw_only=True)
class Settings(PublisherSettings):
    """From environment variables of the same names."""

    environment: str
    dag: str


class DagOutcomes:
    """Clients are arguments, so that a test passes its own."""

    def __init__(self, *, lane: str, runs: DagRuns, publisher: Publisher) -> None:
        self._lane, self._runs, self._publisher = lane, runs, publisher

    def answer(self, event: dict[str, Any]) -> int:
        """Number of messages sent; raises NotificationFailed, OutcomeBeingPublished, to be called again."""
        if notice := Notice.of(event):
            return self._publisher.publish_all([replace(notice, start=start_of(notice.start)).ended(self._lane)])
        return self._publisher.publish_all(self._runs.since(since(event)))


@functools.cache
def _outcomes() -> DagOutcomes:
    settings = settings_from(os.environ, Settings)
    # An endpoint that is set by hand has no twin with MWAA's host prefix ("env.").
    config = Config(inject_host_prefix="AWS_ENDPOINT_URL" not in os.environ)
    return DagOutcomes(
        lane=settings.lane,
        runs=DagRuns(
            mwaa=boto3.client("mwaa", config=config),
            environment=settings.environment,
            dag=settings.dag,
            lane=settings.lane,
        ),
        publisher=Publisher.of(settings),
    )


def handle(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Returns how many messages were sent."""
    return {"sent": _outcomes().answer(event)}
