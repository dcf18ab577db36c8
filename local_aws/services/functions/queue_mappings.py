"""Event source mappings of SQS queues: their messages invoke a function in batches and come back where it fails.

In: mapping operations. Out: invocations with up to ten messages at a time. What the function does not name in
`batchItemFailures` (or all, where it returns) is deleted; the rest becomes visible again after the queue's visibility
timeout, which passes on the virtual clock. Source: Lambda developer guide, "Using Lambda with Amazon SQS". The batching
window is not waited for, and a batch larger than ten comes in tens.
"""

from __future__ import annotations

import sys
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local_aws.clocks.clock import Clocks
from local_aws.services.clients import Clients
from local_aws.services.engine import Caller, Resources, serves
from local_aws.services.functions.functions import Functions
from local_aws.wire.errors import AwsError

_POLL_SECONDS = 1.0
_RECEIVED_AT_ONCE = 10
_UNBATCHED = 10
_NOT_THERE = "The resource you requested does not exist."


@dataclass
class Mapping:
    """`settings` as in EventSourceMappingConfiguration; `ended` stops its poller."""

    settings: dict[str, Any]
    ended: threading.Event = field(default_factory=threading.Event)


@dataclass(kw_only=True, eq=False)
class QueueMappings:
    """All mappings by their id, each with a thread that polls its queue while it is enabled."""

    service = "lambda"

    functions: Functions
    clients: Clients
    clocks: Clocks
    now: Callable[[], datetime]
    poll_seconds: float = _POLL_SECONDS
    _mappings: Resources[Mapping] = field(
        init=False,
        default_factory=lambda: Resources("ResourceNotFoundException", _NOT_THERE, status=404),
    )
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._clock = self.clocks.start(self.now())

    @serves("CreateEventSourceMapping")
    def create(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        configuration = self.functions.configuration_of(parameters["FunctionName"])
        source = parameters.get("EventSourceArn", "")
        if source.split(":")[2:3] != ["sqs"]:
            raise AwsError("NotImplementedLocally", f"the local AWS maps SQS queues only, not {source}")
        with self._lock:
            for other in self._mappings.values():
                if (other.settings["EventSourceArn"], other.settings["FunctionArn"]) == (
                    source,
                    configuration["FunctionArn"],
                ):
                    text = f"An event source mapping with SQS arn {source} and function exists: "
                    raise AwsError("ResourceConflictException", text + other.settings["UUID"], status=409)
            identity = str(uuid.uuid4())
            given = {key: value for key, value in parameters.items() if key not in ("FunctionName", "Enabled", "Tags")}
            settings = {
                "BatchSize": _UNBATCHED,
                "MaximumBatchingWindowInSeconds": 0,
                **given,
                "UUID": identity,
                "FunctionArn": configuration["FunctionArn"],
                "State": "Enabled" if parameters.get("Enabled", True) else "Disabled",
                "LastModified": self.now(),
            }
            self._check(settings, configuration)
            self._mappings[identity] = Mapping(settings=settings)
        threading.Thread(target=self._poll, args=(self._mappings[identity],), name="sqs poller", daemon=True).start()
        return self._shown(identity)

    @serves("UpdateEventSourceMapping")
    def update(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            mapping = self._mappings[parameters["UUID"]]
            given = {key: value for key, value in parameters.items() if key not in ("FunctionName", "Enabled", "UUID")}
            settings = {**mapping.settings, **given, "LastModified": self.now()}
            if "Enabled" in parameters:
                settings["State"] = "Enabled" if parameters["Enabled"] else "Disabled"
            if parameters.get("FunctionName"):
                settings["FunctionArn"] = self.functions.configuration_of(parameters["FunctionName"])["FunctionArn"]
            self._check(settings, self.functions.configuration_of(settings["FunctionArn"]))
            mapping.settings = settings
        return self._shown(parameters["UUID"])

    @serves("GetEventSourceMapping")
    def get(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return self._shown(parameters["UUID"])

    @serves("ListEventSourceMappings")
    def list_all(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        source = parameters.get("EventSourceArn")
        with self._lock:
            found = [one for one in self._mappings.values() if source in (None, one.settings["EventSourceArn"])]
            return {"EventSourceMappings": [self._shown(one.settings["UUID"]) for one in found]}

    @serves("DeleteEventSourceMapping")
    def delete(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            shown = self._shown(parameters["UUID"])
            self._mappings.pop(parameters["UUID"]).ended.set()
        return {**shown, "State": "Deleting"}

    def close(self) -> None:
        """Ends every poller."""
        with self._lock:
            for mapping in self._mappings.values():
                mapping.ended.set()

    def _check(self, settings: dict[str, Any], configuration: dict[str, Any]) -> None:
        if settings["BatchSize"] > _UNBATCHED and not settings["MaximumBatchingWindowInSeconds"]:
            raise AwsError(
                "InvalidParameterValueException",
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
            )
        url = self._url(settings)
        seconds = self._visibility_seconds(url)
        if seconds < configuration["Timeout"]:
            raise AwsError(
                "InvalidParameterValueException",
                f"Queue visibility timeout: {seconds} seconds is less than Function timeout: "
                f"{configuration['Timeout']} seconds",
            )

    def _poll(self, mapping: Mapping) -> None:
        while not mapping.ended.is_set():
            try:
                worked = mapping.settings["State"] == "Enabled" and self._take(mapping)
            except Exception as error:  # the queue or function may be gone for a moment, while a stack is deployed
                sys.stderr.write(f"EventSourceNotPolled: {mapping.settings['EventSourceArn']}: {error}\n")
                worked = False
            if not worked:
                mapping.ended.wait(self.poll_seconds)

    def _take(self, mapping: Mapping) -> bool:
        """Whether there were messages."""
        sqs, url = self.clients.machinery("sqs"), self._url(mapping.settings)
        messages = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=min(mapping.settings["BatchSize"], _RECEIVED_AT_ONCE),
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        if not messages:
            return False
        records = [self._record(mapping, message) for message in messages]
        result = self.functions.invoke(mapping.settings["FunctionArn"], {"Records": records})
        failed = {message["MessageId"] for message in messages} if result.is_error else set()
        if not result.is_error and "ReportBatchItemFailures" in mapping.settings.get("FunctionResponseTypes", []):
            failed = {one["itemIdentifier"] for one in (result.payload or {}).get("batchItemFailures", [])}
        for message in messages:
            if message["MessageId"] in failed:
                self._return_later(sqs, url, message)
            else:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return True

    def _return_later(self, sqs: Any, url: str, message: dict[str, Any]) -> None:
        seconds = self._visibility_seconds(url)

        def make_visible() -> None:
            self._clock.sleep(seconds)
            try:
                sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
            except Exception as error:  # deleted with its queue
                sys.stderr.write(f"MessageNotReturned: {url}: {error}\n")

        self._clock.spawn(make_visible, name="sqs visibility")

    def _record(self, mapping: Mapping, message: dict[str, Any]) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": message.get("MessageAttributes", {}),
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": mapping.settings["EventSourceArn"],
            "awsRegion": self.clients.region,
        }

    def _url(self, settings: dict[str, Any]) -> str:
        name = settings["EventSourceArn"].split(":")[-1]
        return self.clients.machinery("sqs").get_queue_url(QueueName=name)["QueueUrl"]

    def _visibility_seconds(self, url: str) -> int:
        sqs = self.clients.machinery("sqs")
        names = ["VisibilityTimeout"]
        return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]["VisibilityTimeout"])

    def _shown(self, identity: str) -> dict[str, Any]:
        return dict(self._mappings[identity].settings)
