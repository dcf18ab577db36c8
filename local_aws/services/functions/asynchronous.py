"""Asynchronous invocations: retried twice, then handed to whoever takes failures.

In: an invocation and its settings. Out: the dead-letter queue's or the destination's message after the last failure.
The delays (one minute, then two) pass on the virtual clock: at once where nothing else goes on, in real time while
real work does. Source: the Lambda developer guide, "Asynchronous invocation".
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local_aws.clocks.clock import Clocks
from local_aws.services.clients import Clients
from local_aws.services.functions.invocation import Result
from local_aws.services.processes import ShuttingDown

RETRY_DELAYS_SECONDS = (60, 120)


@dataclass(kw_only=True, eq=False)
class AsynchronousInvocations:
    """Each in a thread that takes part in one clock of all asynchronous invocations."""

    clocks: Clocks
    clients: Clients
    now: Callable[[], datetime]

    def __post_init__(self) -> None:
        self._clock = self.clocks.start(self.now())

    def submit(
        self,
        configuration: dict[str, Any],
        settings: dict[str, Any],
        event: Any,
        invoke: Callable[[], Result],
        *,
        request_id: str,
    ) -> None:
        """Returns at once; `settings` as in the function's event invoke configuration."""

        def run() -> None:
            with suppress(ShuttingDown):  # an invocation ends with the server, as every other state does
                deliver()

        def deliver() -> None:
            retries = settings.get("MaximumRetryAttempts", len(RETRY_DELAYS_SECONDS))
            with self.clocks.working():
                result = invoke()
            made = 1
            while result.is_error and made <= retries:
                self._clock.sleep(RETRY_DELAYS_SECONDS[made - 1])
                with self.clocks.working():
                    result = invoke()
                made += 1
            with self.clocks.working():
                self._hand_over(configuration, settings, event, result, request_id=request_id, attempts=made)

        self._clock.spawn(run, name=f"async {configuration['FunctionName']}")

    def _hand_over(
        self,
        configuration: dict[str, Any],
        settings: dict[str, Any],
        event: Any,
        result: Result,
        *,
        request_id: str,
        attempts: int,
    ) -> None:
        role = configuration["Role"]
        dead_letters = configuration.get("DeadLetterConfig", {}).get("TargetArn")
        name = "OnFailure" if result.is_error else "OnSuccess"
        destination = settings.get("DestinationConfig", {}).get(name, {}).get("Destination")
        try:
            if destination:
                record = _record(configuration, event, result, request_id, attempts, self.now())
                self._send(role, destination, json.dumps(record), {})
            if result.is_error and dead_letters:
                message = str(result.payload.get("errorMessage", ""))[:1000]
                attributes = {"RequestID": request_id, "ErrorCode": "200", "ErrorMessage": message or "-"}
                self._send(role, dead_letters, json.dumps(event), attributes)
        except Exception as error:  # AWS counts DeadLetterErrors and goes on; here the log says it
            sys.stderr.write(f"DeadLetterNotDelivered: {configuration['FunctionName']}: {error}\n")

    def _send(self, role: str, target: str, body: str, attributes: dict[str, str]) -> None:
        service, name = target.split(":")[2], target.split(":")[-1]
        typed = {key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()}
        if service == "sqs":
            sqs = self.clients.for_role("sqs", role)
            url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
            sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=typed)
        elif service == "sns":
            self.clients.for_role("sns", role).publish(TopicArn=target, Message=body, MessageAttributes=typed)
        else:
            raise ValueError(f"no delivery to {target}; the local AWS delivers to SQS and SNS")


def _record(
    configuration: dict[str, Any], event: Any, result: Result, request_id: str, attempts: int, moment: datetime
) -> dict[str, Any]:
    condition = "RetriesExhausted" if result.is_error else "Success"
    return {
        "version": "1.0",
        "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{configuration['FunctionArn']}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            **({"functionError": "Unhandled"} if result.is_error else {}),
        },
        "responsePayload": result.payload,
    }
