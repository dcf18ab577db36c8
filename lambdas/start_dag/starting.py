"""Starts one DAG run for an event, unless one that will see the same files is already waiting."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

logger = logging.getLogger(__name__)

CONFLICT = 409


@dataclass(frozen=True, kw_only=True)
class StartSettings:
    """From environment variables of the same names."""

    environment: str
    dag: str


class Starter:
    """The client is an argument, so that a test passes its own."""

    def __init__(self, *, settings: StartSettings, mwaa: Any) -> None:
        self._settings, self._mwaa = settings, mwaa

    def start(self, event: Mapping[str, Any]) -> bool:
        """Whether a run was started. A queued run takes whatever is uncommitted when it begins, this upload included.

        The run's id is the event's, so that the same event delivered twice is one run.
        """
        path = f"/dags/{self._settings.dag}/dagRuns"
        queued = self._call("GET", path, QueryParameters={"state": ["queued"], "limit": 1})
        if queued["total_entries"]:
            logger.info("a run is queued; event=%s adds none", event["id"])
            return False
        try:
            self._call("POST", path, Body={"dag_run_id": f"event__{event['id']}", "logical_date": None})
        except ClientError as error:
            if error.response.get("RestApiStatusCode") != CONFLICT:
                raise
            logger.info("event=%s started its run before", event["id"])
            return False
        logger.info("started a run for event=%s", event["id"])
        return True

    def _call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        answer = self._mwaa.invoke_rest_api(Name=self._settings.environment, Method=method, Path=path, **arguments)
        return answer["RestApiResponse"]
