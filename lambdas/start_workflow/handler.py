"""Entry point: something landed, or a schedule is due, and the queue says so; the workflow gets a run.

Flows in: a batch of SQS messages, each an EventBridge event. Flows out: at most one workflow run, and the messages that
the queue is to keep until the next try.
"""

from __future__ import annotations

import functools
import logging
import os
from typing import Any

import boto3

from lambdas.environment import settings_from
from lambdas.start_workflow.starting import Starter, StartSettings

logging.getLogger().setLevel(logging.INFO)


@functools.cache
def _starter() -> Starter:
    return Starter(settings=settings_from(os.environ, StartSettings), glue=boto3.client("glue"))


def handle(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Returns `batchItemFailures`, as event source mappings want it; raises where Glue refuses for another reason."""
    kept = _starter().start([record["messageId"] for record in event["Records"]])
    return {"batchItemFailures": [{"itemIdentifier": message} for message in kept]}
