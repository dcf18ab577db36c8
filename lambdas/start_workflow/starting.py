"""Starts one workflow run for a batch of events, or keeps them while another run goes on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

logger = logging.getLogger(__name__)

BUSY = "ConcurrentRunsExceededException"


@dataclass(frozen=True, kw_only=True)
class StartSettings:
    """From environment variables of the same names."""

    workflow: str


class Starter:
    """The client is an argument, so that a test passes its own."""

    def __init__(self, *, settings: StartSettings, glue: Any) -> None:
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
