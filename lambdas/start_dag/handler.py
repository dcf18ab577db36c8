"""Entry point: something landed, or a schedule is due; the DAG gets a run.

Flows in: an EventBridge event. Flows out: at most one DAG run. An error means that Lambda tries again, and keeps the
event as a dead letter in the end.
"""

from __future__ import annotations

import functools
import logging
import os
from typing import Any

import boto3
from botocore.config import Config

from lambdas.environment import settings_from
from lambdas.start_dag.starting import Starter, StartSettings

logging.getLogger().setLevel(logging.INFO)


@functools.cache
def _starter() -> Starter:
    # An endpoint that is set by hand has no twin with MWAA's host prefix ("env.").
    config = Config(inject_host_prefix="AWS_ENDPOINT_URL" not in os.environ)
    return Starter(settings=settings_from(os.environ, StartSettings), mwaa=boto3.client("mwaa", config=config))


def handle(event: dict[str, Any], _context: object) -> dict[str, bool]:
    """Returns whether a run was started."""
    return {"started": _starter().start(event)}
