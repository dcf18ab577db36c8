"""What S3 tells others: "Object Created" and "Object Deleted" events of buckets that have EventBridge switched on.

In: S3 calls on their way to moto. Out: the same answers, and events on the bus after a success. Also the place where
the fault `killed` strikes a job, at its first write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Response

from local_aws.services.bus import Bus
from local_aws.services.engine import Caller
from local_aws.wire.request import Incoming

_REASONS = {
    "PutObject": ("Object Created", "PutObject"),
    "PostObject": ("Object Created", "POST Object"),
    "CopyObject": ("Object Created", "CopyObject"),
    "CompleteMultipartUpload": ("Object Created", "CompleteMultipartUpload"),
    "DeleteObject": ("Object Deleted", "DeleteObject"),
}


@dataclass(kw_only=True, eq=False)
class S3Events:
    """An interceptor of S3 calls."""

    bus: Bus
    head_object: Callable[[str, str], dict[str, Any]]
    before_object_call: Callable[[str | None, str], None]
    _notifying: set[str] = field(init=False, default_factory=set)

    def __call__(self, call: Incoming, caller: Caller, proceed: Callable[[], Response]) -> Response:
        if caller.run_id is not None:
            self.before_object_call(caller.run_id, call.operation)
        if call.operation == "PutBucketNotificationConfiguration":
            # Read before moto does: the body can be read once.
            self._remember(call)
        response = proceed()
        bucket = call.uri_parameters.get("Bucket", "")
        if response.status_code < 300 and call.operation in _REASONS and bucket in self._notifying:
            self._publish(call, caller, bucket)
        return response

    def _remember(self, call: Incoming) -> None:
        is_on = "EventBridgeConfiguration" in call.request.get_data(as_text=True)
        change = self._notifying.add if is_on else self._notifying.discard
        change(call.uri_parameters["Bucket"])

    def _publish(self, call: Incoming, caller: Caller, bucket: str) -> None:
        detail_type, reason = _REASONS[call.operation]
        key = call.uri_parameters["Key"]
        described: dict[str, Any] = {"key": key}
        if detail_type == "Object Created":
            head = self.head_object(bucket, key)
            described |= {"size": head["ContentLength"], "etag": head["ETag"].strip('"')}
            if head.get("VersionId"):
                described["version-id"] = head["VersionId"]
        self.bus.publish(
            source="aws.s3",
            detail_type=detail_type,
            resources=[f"arn:aws:s3:::{bucket}"],
            detail={
                "version": "0",
                "bucket": {"name": bucket},
                "object": described,
                "request-id": "LOCAL",
                "requester": caller.account,
                "source-ip-address": "127.0.0.1",
                "reason": reason,
            },
            region=caller.region,
        )
