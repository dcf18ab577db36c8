"""Entry point for Glue, whose workflows have no step that could call: an event of a job or crawler, or the sweep.

Flows in: EventBridge's "Glue Job State Change", "Glue Crawler State Change" or "Scheduled Event". Flows out: the
message of every workflow run that has ended and has none. Glue ends a run some time after its last action's event: an
event that comes too early ends in RunNotSettled, so that Lambda calls again soon, and after its last attempt the sweep
publishes what has ended by then. A dead letter that says RunNotSettled is therefore late, not lost.
"""

from __future__ import annotations

import functools
import logging
import os
from dataclasses import dataclass
from typing import Any

import boto3

from lambdas.environment import settings_from
from lambdas.publish_outcome.publishing import Publisher, PublisherSettings
from lambdas.publish_outcome.requests import is_sweep, since
from lambdas.publish_outcome.workflow_runs import WorkflowRuns
from pipeline.errors import RunNotSettled
from pipeline.names import Names

logging.getLogger().setLevel(logging.INFO)


@dataclass(frozen=True, kw_only=True)
class Settings(PublisherSettings):
    """From environment variables of the same names."""

    workflow: str
    slug: str


class GlueOutcomes:
    """Clients are arguments, so that a test passes its own."""

    def __init__(self, *, runs: WorkflowRuns, publisher: Publisher) -> None:
        self._runs, self._publisher = runs, publisher

    def answer(self, event: dict[str, Any]) -> int:
        """Number of messages sent; raises RunNotSettled where a run is about to end, to be called again."""
        runs = list(self._runs.since(since(event)))
        sent = self._publisher.publish_all(ended for run in runs if (ended := self._runs.ended(run)))
        late = [] if is_sweep(event) else [run for run in runs if self._runs.is_about_to_end(run, event["detail"])]
        if late:
            named = ", ".join(run["WorkflowRunId"] for run in late)
            raise RunNotSettled(f"{named} should have ended; Lambda asks again, and so does the sweep")
        return sent


@functools.cache
def _outcomes() -> GlueOutcomes:
    settings = settings_from(os.environ, Settings)
    return GlueOutcomes(
        runs=WorkflowRuns(
            glue=boto3.client("glue"),
            workflow=settings.workflow,
            names=Names.of_slug(settings.slug),
            lane=settings.lane,
        ),
        publisher=Publisher.of(settings),
    )


def handle(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Returns how many messages were sent."""
    return {"sent": _outcomes().answer(event)}
