"""Entry point: an execution was stopped or ran out of time, so that no state of its own could say so.

Flows in: EventBridge's "Step Functions Execution Status Change". Flows out: at most one SNS message per execution.
Invoked asynchronously: an error means that Lambda tries again, and keeps the event as a dead letter in the end.
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
from lambdas.notify_stopped.settings import StoppedSettings
from lambdas.notify_stopped.telling import StoppedTeller

logging.getLogger().setLevel(logging.INFO)


@functools.cache
def _teller() -> StoppedTeller:
    settings = settings_from(os.environ, StoppedSettings)
    return StoppedTeller(
        lane=settings.lane,
        states=boto3.client("stepfunctions"),
        announcer=Announcer(
            sns=boto3.client("sns"),
            topic_arn=settings.topic_arn,
            claims=Claims(s3=boto3.client("s3"), bucket=settings.bucket, lane=settings.lane),
        ),
    )


def handle(event: dict[str, Any], _context: object) -> dict[str, bool]:
    """Returns whether an outcome was told."""
    return {"told": _teller().tell(event)}
