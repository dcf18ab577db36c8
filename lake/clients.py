"""The jobs' AWS clients: of the region that the job was given, with bounded retries.

Without a region boto3 falls back on us-east-1's partition in places, which a China account never answers from.
"""

from __future__ import annotations

from typing import Any, cast

import boto3
from botocore.config import Config


def client(service: str, *, region: str) -> Any:
    """A client of `region`; retries are the SDK's standard mode: backoff with jitter, six attempts."""
    config = Config(retries={"mode": "standard", "total_max_attempts": 6})
    return boto3.client(cast(Any, service), region_name=region, config=config)
