"""S3's conditional writes and SNS in memory, and a clock that a test sets: what the publisher works with."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from lambdas.publish_outcome.publishing import Publisher


class Killed(BaseException):
    """The function's process ends here: nothing after it runs."""


class FakeStore:
    """`messages` as sent; `publishing_fails` and `dies_after_sending` say how often the next sends go wrong."""

    def __init__(self, *, publishing_fails: int = 0, dies_before_sending: int = 0, dies_after_sending: int = 0) -> None:
        self.objects: dict[str, bytes] = {}
        self.messages: list[dict[str, Any]] = []
        self.time = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
        self.publishing_fails = publishing_fails
        self.dies_before_sending = dies_before_sending
        self.dies_after_sending = dies_after_sending

    def now(self) -> datetime:
        return self.time

    def later(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    def publisher(self, lane: str) -> Publisher:
        return Publisher(sns=self, s3=self, topic_arn="t", bucket="b", lane=lane, now=self.now)

    def claims(self) -> list[dict[str, Any]]:
        return [json.loads(body) for key, body in sorted(self.objects.items()) if key.startswith("claims/")]

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        assert Bucket == "b"
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "none"}}, "GetObject")
        body = self.objects[Key]
        return {"Body": io.BytesIO(body), "ETag": etag(body)}

    def put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: bytes,
        ContentType: str,
        IfNoneMatch: str | None = None,
        IfMatch: str | None = None,
    ) -> dict[str, Any]:
        assert (Bucket, ContentType) == ("b", "application/json")
        there = self.objects.get(Key)
        assert IfNoneMatch or IfMatch, "every write is conditional"
        if (IfNoneMatch and there is not None) or (IfMatch and (there is None or etag(there) != IfMatch)):
            raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": "no"}}, "PutObject")
        self.objects[Key] = Body
        return {"ETag": etag(Body)}

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> None:
        assert TopicArn == "t"
        if self.publishing_fails:
            self.publishing_fails -= 1
            raise ClientError({"Error": {"Code": "InternalError", "Message": "no"}}, "Publish")
        if self.dies_before_sending:
            self.dies_before_sending -= 1
            raise Killed
        self.messages.append({"subject": Subject, **json.loads(Message)})
        if self.dies_after_sending:
            self.dies_after_sending -= 1
            raise Killed


def log_of(message: dict[str, Any]) -> dict[str, Any]:
    """What a message says of a log, anything at all."""
    return {name: value for name, value in message.items() if name == "job_run" or name.startswith("log")}


def etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
