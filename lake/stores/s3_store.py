"""An S3 bucket as a store, through plain boto3 (AWS_ENDPOINT_URL is honoured).

Reads are pinned by VersionId (by ETag where the bucket is not versioned); creation is conditional on
`If-None-Match: *`. Parquet is spooled to a temporary file and uploaded when complete.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from lake.clients import client
from lake.stores.ranged_file import RangedFile
from lake.stores.s3_body import Body, ResumedBody
from lake.stores.s3_new import put_new
from lake.stores.s3_reading import S3Reading, there
from lake.stores.store import ObjectWriter, StoredObject
from strict_csv.reader import ByteStream

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_ETAG = "etag:"
_DELETE_LIMIT = 1000  # keys of one DeleteObjects call


@functools.cache
def _client(region: str) -> Any:
    """One client per process."""
    return client("s3", region=region)


@dataclass(frozen=True, kw_only=True)
class S3Store:
    """The objects of `bucket` in `region`; picklable, since its client is made where it is used, unless one is given:
    that of an S3 that the environment does not name, or one that is there already (then no region is needed)."""

    bucket: str
    region: str = ""
    client: Any = None

    @property
    def _s3(self) -> Any:
        return self.client or _client(self.region)

    @property
    def _reading(self) -> S3Reading:
        return S3Reading(bucket=self.bucket, client=self._s3)

    def objects(self, prefix: str) -> list[StoredObject]:
        pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=prefix)
        return sorted(
            (
                StoredObject(key=version["Key"], version=_version(version), size_bytes=version["Size"])
                for page in pages
                for version in page.get("Versions", ())
                if version["IsLatest"] and not (version["Key"].endswith("/") and version["Size"] == 0)
            ),
            key=lambda item: item.key,
        )

    def keys(self, prefix: str, *, after: str = "") -> list[str]:
        return self._reading.keys(prefix, after=after)

    @contextmanager
    def open(self, item: StoredObject, start: int = 0, end: int | None = None) -> Iterator[ByteStream]:
        end = item.size_bytes if end is None else end
        if start >= end:  # no Range header can ask for nothing
            yield BytesIO()
            return
        body = ResumedBody(lambda at: self._body(item, at, end), start=start, end=end)
        try:
            yield body
        finally:
            body.close()

    def _body(self, item: StoredObject, start: int, end: int) -> Body:
        pin = {"VersionId": item.version}
        if item.version.startswith(_ETAG):
            pin = {"IfMatch": item.version.removeprefix(_ETAG)}
        if (start, end) != (0, item.size_bytes):
            pin["Range"] = f"bytes={start}-{end - 1}"
        with there(f"{item.key}: the pinned version is gone; run again"):
            return self._s3.get_object(Bucket=self.bucket, Key=item.key, **pin)["Body"]

    def read(self, key: str) -> bytes:
        return self._reading.read(key)

    @contextmanager
    def seekable(self, key: str) -> Iterator[BinaryIO]:
        with there(f"{key} was taken away before it was read; run again"):
            size = self._s3.head_object(Bucket=self.bucket, Key=key)["ContentLength"]

        def read(start: int, end: int) -> bytes:
            return self._s3.get_object(Bucket=self.bucket, Key=key, Range=f"bytes={start}-{end - 1}")["Body"].read()

        with RangedFile.buffered(size_bytes=size, read=read) as file:
            yield file

    def writer(self, key: str) -> ObjectWriter:
        return _SpooledWriter(s3=self._s3, bucket=self.bucket, key=key)

    def put_new(self, key: str, data: bytes) -> bool:
        return put_new(self._s3, bucket=self.bucket, key=key, data=data)

    def put(self, key: str, data: bytes) -> None:
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=data)

    def delete(self, keys: Iterable[str]) -> None:
        doomed = list(keys)
        for start in range(0, len(doomed), _DELETE_LIMIT):
            batch = [{"Key": key} for key in doomed[start : start + _DELETE_LIMIT]]
            self._s3.delete_objects(Bucket=self.bucket, Delete={"Objects": batch, "Quiet": True})


def _version(listed: dict[str, Any]) -> str:
    identity = listed["VersionId"]
    return f"{_ETAG}{listed['ETag']}" if identity == "null" else identity


class _SpooledWriter:
    """A temporary file (TMPDIR) that becomes one object."""

    def __init__(self, *, s3: S3Client, bucket: str, key: str) -> None:
        self._s3, self._bucket, self._key = s3, bucket, key
        # open until commit or abandon: no with statement spans that
        self.file = cast(BinaryIO, tempfile.TemporaryFile(prefix="convert-"))  # noqa: SIM115

    def commit(self) -> int:
        size = self.file.tell()
        self.file.seek(0)
        self._s3.upload_fileobj(self.file, self._bucket, self._key)
        self.file.close()
        return size

    def abandon(self) -> None:
        self.file.close()
