"""The fault rules of the notification: they strike SNS Publish on its way to moto.

In: SNS calls. Out: moto's answer, or the error that a rule asks for. Delivery to SQS is moto's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.wrappers import Response

from local_aws.services.engine import Caller
from local_aws.services.faults import Faults
from local_aws.wire.errors import AwsError, ReplyLost
from local_aws.wire.request import Incoming


@dataclass(kw_only=True, eq=False)
class Notifications:
    """An interceptor of SNS calls."""

    faults: Faults

    def __call__(self, call: Incoming, caller: Caller, proceed: Callable[[], Response]) -> Response:
        if call.operation not in ("Publish", "PublishBatch"):
            return proceed()
        fault = self.faults.strike_notification(caller.role)
        if fault is None:
            return proceed()
        topic = str(call.parameters().get("TopicArn", ""))
        if fault.kind == "denied":
            text = f"not authorized to perform: SNS:Publish on resource: {topic} ({fault.message})"
            raise AwsError("AuthorizationError", text, status=403)
        if fault.kind == "throttled":
            raise AwsError("Throttling", f"Rate exceeded ({fault.message})")
        if fault.kind == "fails":
            # A 5xx is what SNS answers; the SDK's retries are attempts of their own, and are struck as well.
            raise AwsError("InternalError", fault.message, status=500)
        response = proceed()
        if fault.kind == "response_lost":
            raise ReplyLost
        return response
