"""S3 in memory that counts requests: by operation, and by the first folder of the key. Moto would need minutes.

It knows what the jobs ask of a bucket: pages of 1,000 keys, StartAfter, Delimiter, If-None-Match, ranges.
"""

# ruff: noqa: ARG002  (the names of boto3)

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, BinaryIO

from botocore.exceptions import ClientError

PAGE_KEYS = 1000


class CountedS3:
    """One bucket, whatever its name; each object has one version."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.requests: Counter[tuple[str, str]] = Counter()
        self._keys: list[str] = []

    def counted(self, operation: str, folder: str) -> int:
        return self.requests[operation, folder]

    def get_object(self, *, Bucket: str, Key: str, Range: str = "", **_pin: str) -> dict[str, Any]:
        self._count("GET", Key)
        data = self._there(Key)
        if Range:
            first, last = Range.removeprefix("bytes=").split("-")
            data = data[int(first) : int(last) + 1]
        return {"Body": BytesIO(data), "ContentLength": len(data)}

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        self._count("HEAD", Key)
        return {"ContentLength": len(self._there(Key))}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, IfNoneMatch: str = "", **_: str) -> None:
        self._count("PUT", Key)
        if IfNoneMatch and Key in self.objects:
            raise _error("PreconditionFailed")
        self.keep(Key, Body)

    def upload_fileobj(self, file: BinaryIO, bucket: str, key: str) -> None:
        self.put_object(Bucket=bucket, Key=key, Body=file.read())

    def delete_objects(self, *, Bucket: str, Delete: dict[str, Any]) -> None:
        for one in Delete["Objects"]:
            if self.objects.pop(one["Key"], None) is not None:
                self._keys.remove(one["Key"])

    def get_paginator(self, operation: str) -> Any:
        return _Pages(self, "Versions" if operation == "list_object_versions" else "Contents")

    def keep(self, key: str, body: bytes) -> None:
        """As if it had always been there: nothing is counted."""
        if key not in self.objects:
            bisect.insort(self._keys, key)
        self.objects[key] = body

    def pages(self, prefix: str, after: str) -> Iterator[list[str]]:
        """Counts a request each."""
        at = max(bisect.bisect_left(self._keys, prefix), bisect.bisect_right(self._keys, after))
        while True:
            self._count("LIST", prefix)
            page = [key for key in self._keys[at : at + PAGE_KEYS] if key.startswith(prefix)]
            yield page
            at += PAGE_KEYS
            if len(page) < PAGE_KEYS or not self._keys[at : at + 1] or not self._keys[at].startswith(prefix):
                return

    def _there(self, key: str) -> bytes:
        if key not in self.objects:
            raise _error("NoSuchKey")
        return self.objects[key]

    def _count(self, operation: str, key: str) -> None:
        self.requests[operation, key.split("/")[0]] += 1


class _Pages:
    def __init__(self, s3: CountedS3, member: str) -> None:
        self._s3, self._member = s3, member

    def paginate(
        self,
        *,
        Bucket: str,
        Prefix: str,
        StartAfter: str = "",
        Delimiter: str = "",
    ) -> Iterator[dict[str, Any]]:
        for keys in self._s3.pages(Prefix, StartAfter):
            direct = [key for key in keys if not Delimiter or Delimiter not in key.removeprefix(Prefix)]
            yield {
                self._member: [
                    {
                        "Key": key,
                        "Size": len(self._s3.objects[key]),
                        "VersionId": "v1",
                        "IsLatest": True,
                        "LastModified": datetime(2026, 11, 1, tzinfo=UTC),
                    }
                    for key in direct
                ]
            }


def _error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "")
