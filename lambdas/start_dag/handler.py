"""Something landed, or a schedule is due: the DAG gets a run, unless one that will see the same files is waiting.

Flows in: an EventBridge event. Flows out: at most one DAG run. An error means that Lambda tries again, and keeps the
event as a dead letter in the end.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from lambdas.environment import settings_from

if TYPE_CHECKING:
    from types_boto3_mwaa import MWAAClient
    from types_boto3_mwaa.literals import RestApiMethodType

logger = logging.getLogger(__name__)
logging.getLogger().setLevel(logging.INFO)

CONFLICT = 409


@dataclass(frozen=True, kw_only=True)
class StartSettings:
    """From environment variables of the same names."""

    environment: str
    dag: str


class Starter:
    """The client is an argument, so that a test passes its own."""

    def __init__(self, *, settings: StartSettings, mwaa: MWAAClient) -> None:
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

    def _call(self, method: RestApiMethodType, path: str, **arguments: Any) -> dict[str, Any]:
        answer = self._mwaa.invoke_rest_api(Name=self._settings.environment, Method=method, Path=path, **arguments)
        return answer["RestApiResponse"]


@functools.cache
def _starter() -> Starter:
    # An endpoint that is set by hand has no twin with MWAA's host prefix ("env.").
    config = Config(inject_host_prefix="AWS_ENDPOINT_URL" not in os.environ)
    return Starter(settings=settings_from(os.environ, StartSettings), mwaa=boto3.client("mwaa", config=config))


def handle(event: dict[str, Any], _context: object) -> dict[str, bool]:
    """Returns whether a run was started."""
    return {"started": _starter().start(event)}
