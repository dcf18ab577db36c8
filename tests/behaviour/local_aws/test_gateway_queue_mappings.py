"""A queue's messages invoke a function: taken when it returns, kept when it says so or fails, never lost."""

from __future__ import annotations

import io
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.behaviour.local_aws.conftest import ROLE, Gateway, until

# Keeps every message until the object `open` is there; then says how many came, under the first one's id.
HANDLER = """
import json, boto3
def handle(event, context):
    s3 = boto3.client("s3")
    bucket = event["Records"][0]["body"].split()[0]
    ids = [record["messageId"] for record in event["Records"]]
    if "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix="open"):
        s3.put_object(Bucket=bucket, Key="tried/" + ids[0], Body=b"")
        if "fail" in event["Records"][0]["body"]:
            raise RuntimeError("no")
        return {"batchItemFailures": [{"itemIdentifier": one} for one in ids]}
    for one in ids:
        s3.put_object(Bucket=bucket, Key="done/" + one, Body=b"")
    return {"batchItemFailures": []}
"""


def function(gateway: Gateway, *, timeout: int = 10) -> str:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("index.py", HANDLER)
    name = gateway.name("function")
    gateway.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=ROLE,
        Handler="index.handle",
        Timeout=timeout,
        Code={"ZipFile": sink.getvalue()},
    )
    return name


def mapped(gateway: Gateway, *, visibility: int, **settings: object) -> tuple[str, str]:
    """(queue URL, mapping's id)."""
    url, arn = gateway.queue()
    gateway.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(visibility)})
    mapping = gateway.client("lambda").create_event_source_mapping(
        FunctionName=function(gateway),
        EventSourceArn=arn,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **settings,
    )
    return url, mapping["UUID"]


def keys(gateway: Gateway, bucket: str, prefix: str) -> set[str]:
    listed = gateway.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return {one["Key"].removeprefix(prefix) for one in listed.get("Contents", [])}


@pytest.mark.parametrize("how", ["keep", "fail"])
def test_messages_that_a_function_keeps_or_fails_on_come_again_and_are_then_taken(gateway: Gateway, how: str) -> None:
    bucket = gateway.bucket()
    url, _ = mapped(gateway, visibility=3600)  # an hour passes on the virtual clock
    sent = [gateway.client("sqs").send_message(QueueUrl=url, MessageBody=f"{bucket} {how}") for _ in range(3)]
    until(lambda: keys(gateway, bucket, "tried/"), bool)
    gateway.client("s3").put_object(Bucket=bucket, Key="open", Body=b"")
    wanted = {one["MessageId"] for one in sent}
    until(lambda: keys(gateway, bucket, "done/"), lambda found: found >= wanted)
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = until(
        lambda: gateway.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"],
        lambda found: set(found.values()) == {"0"},
    )
    assert left == dict.fromkeys(counts, "0")


def test_a_deleted_mapping_takes_nothing_and_the_message_stays(gateway: Gateway) -> None:
    bucket = gateway.bucket()
    gateway.client("s3").put_object(Bucket=bucket, Key="open", Body=b"")
    url, identity = mapped(gateway, visibility=30)
    assert gateway.client("lambda").delete_event_source_mapping(UUID=identity)["State"] == "Deleting"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        gateway.client("lambda").get_event_source_mapping(UUID=identity)
    gateway.client("sqs").send_message(QueueUrl=url, MessageBody=f"{bucket} keep")
    [message] = gateway.messages(url, 1)
    assert message["Body"] == f"{bucket} keep"
    assert keys(gateway, bucket, "done/") == set()


def test_polls_do_not_keep_a_forgotten_local_aws_awake(gateway: Gateway) -> None:
    before = gateway.local.application.last_call
    gateway.local.clients.machinery("sqs").list_queues()
    assert gateway.local.application.last_call == before
    gateway.client("sqs").list_queues()
    assert gateway.local.application.last_call > before


@pytest.mark.parametrize(
    ("visibility", "settings", "said"),
    [
        (5, {}, "Queue visibility timeout: 5 seconds is less than Function timeout: 10 seconds"),
        (60, {"BatchSize": 100}, "Maximum batch window in seconds must be greater than 0"),
    ],
)
def test_what_lambda_refuses_is_refused(gateway: Gateway, visibility: int, settings: dict[str, int], said: str) -> None:
    with pytest.raises(ClientError, match=said):
        mapped(gateway, visibility=visibility, **settings)
