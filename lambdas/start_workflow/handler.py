"""Something landed, or a schedule is due, and the queue says so: the workflow gets a run, or the events wait.

Flows in: a batch of SQS messages, each an EventBridge event. Flows out: at most one workflow run, and the messages that
the queue is to keep until the next try, since another run goes on.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from lambdas.environment import settings_from

if TYPE_CHECKING:
    from types_boto3_glue import GlueClient

logger = logging.getLogger(__name__)
logging.getLogger().setLevel(logging.INFO)

BUSY = "ConcurrentRunsExceededException"


@dataclass(frozen=True, kw_only=True)
class StartSettings:
    """From environment variables of the same names."""

    workflow: str


class Starter:
    """The client is an argument, so that a test passes its own."""

    def __init__(self, *, settings: StartSettings, glue: GlueClient) -> None:
        self._settings, self._glue = settings, glue

    def start(self, messages: Sequence[str]) -> tuple[str, ...]:
        """Ids of the messages to be kept: none once a run was started, all while one goes on.

        A run takes whatever is uncommitted when it begins. The one that goes on may have begun before the upload, so
        the upload's message waits for a run of its own, and no upload is missed.
        """
        try:
            run = self._glue.start_workflow_run(Name=self._settings.workflow)["RunId"]
        except ClientError as error:
            if error.response["Error"]["Code"] != BUSY:
                raise
            logger.info("a run of %s goes on; %d events wait", self._settings.workflow, len(messages))
            return tuple(messages)
        logger.info("started run=%s for %d events", run, len(messages))
        return ()


@functools.cache
def _starter() -> Starter:
    return Starter(settings=settings_from(os.environ, StartSettings), glue=boto3.client("glue"))


def handle(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Returns `batchItemFailures`, as event source mappings want it; raises where Glue refuses for another reason."""
    kept = _starter().start([record["messageId"] for record in event["Records"]])
    return {"batchItemFailures": [{"itemIdentifier": message} for message in kept]}
