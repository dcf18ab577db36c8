"""Entry point: an event says that a job or crawler ended; every workflow run that ended by it gets its one message.

Flows in: EventBridge's "Glue Job State Change" or "Glue Crawler State Change". Flows out: at most one SNS message per
run. Invoked asynchronously: an error means that Lambda tries again, and keeps the event as a dead letter in the end.
"""

from __future__ import annotations

import functools
import logging
import os
from typing import Any

import boto3

from lambdas.announcing import Announcer
from lambdas.claims import Claims
from lambdas.environment import settings_from
from lambdas.notify_outcome.settings import NotifySettings
from lambdas.notify_outcome.telling import Teller

logging.getLogger().setLevel(logging.INFO)


@functools.cache
def _teller() -> Teller:
    settings = settings_from(os.environ, NotifySettings)
    return Teller(
        settings=settings,
        glue=boto3.client("glue"),
        announcer=Announcer(
            sns=boto3.client("sns"),
            topic_arn=settings.topic_arn,
            claims=Claims(s3=boto3.client("s3"), bucket=settings.bucket, lane=settings.lane),
        ),
    )


def handle(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Returns how many outcomes were told."""
    return {"told": _teller().tell(event)}
