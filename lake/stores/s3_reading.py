"""The objects of a bucket for jobs that write none: listed and read. It stands apart from the S3 store, so that what a
job's code can reach is what its role allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline.errors import InputChanged

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_GONE = ("NoSuchKey", "NoSuchVersion", "PreconditionFailed", "404", "412")


@dataclass(frozen=True, kw_only=True)
class S3Reading:
    """Lists and reads by one client."""

    bucket: str
    client: S3Client

    def keys(self, prefix: str, *, after: str = "") -> list[str]:
        behind: dict[str, Any] = {"StartAfter": after} if after else {}
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix, **behind)
        return [item["Key"] for page in pages for item in page.get("Contents", ())]

    def read(self, key: str) -> bytes:
        with there(f"{key} was taken away before it was read; run again"):
            return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()


@contextmanager
def there(message: str) -> Iterator[None]:
    """InputChanged with `message` where an object is gone."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            raise InputChanged(message) from error
        raise
