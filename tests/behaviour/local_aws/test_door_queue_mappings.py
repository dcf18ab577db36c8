"""A queue's messages invoke a function: taken when it returns, kept when it says so or fails, never lost."""

from __future__ import annotations

import io
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.behaviour.local_aws.conftest import ROLE, Door, until

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


def function(door: Door, *, timeout: int = 10) -> str:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("index.py", HANDLER)
    name = door.name("function")
    door.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=ROLE,
        Handler="index.handle",
        Timeout=timeout,
        Code={"ZipFile": sink.getvalue()},
    )
    return name


def mapped(door: Door, *, visibility: int, **settings: object) -> tuple[str, str]:
    """(queue URL, mapping's id)."""
    url, arn = door.queue()
    door.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(visibility)})
    mapping = door.client("lambda").create_event_source_mapping(
        FunctionName=function(door),
        EventSourceArn=arn,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **settings,
    )
    return url, mapping["UUID"]


def keys(door: Door, bucket: str, prefix: str) -> set[str]:
    listed = door.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return {one["Key"].removeprefix(prefix) for one in listed.get("Contents", [])}


@pytest.mark.parametrize("how", ["keep", "fail"])
def test_messages_that_a_function_keeps_or_fails_on_come_again_and_are_then_taken(door: Door, how: str) -> None:
    bucket = door.bucket()
    url, _ = mapped(door, visibility=3600)  # an hour passes on the virtual clock
    sent = [door.client("sqs").send_message(QueueUrl=url, MessageBody=f"{bucket} {how}") for _ in range(3)]
    until(lambda: keys(door, bucket, "tried/"), bool)
    door.client("s3").put_object(Bucket=bucket, Key="open", Body=b"")
    wanted = {one["MessageId"] for one in sent}
    until(lambda: keys(door, bucket, "done/"), lambda found: found >= wanted)
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = until(
        lambda: door.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"],
        lambda found: set(found.values()) == {"0"},
    )
    assert left == dict.fromkeys(counts, "0")


def test_a_deleted_mapping_takes_nothing_and_the_message_stays(door: Door) -> None:
    bucket = door.bucket()
    door.client("s3").put_object(Bucket=bucket, Key="open", Body=b"")
    url, identity = mapped(door, visibility=30)
    assert door.client("lambda").delete_event_source_mapping(UUID=identity)["State"] == "Deleting"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        door.client("lambda").get_event_source_mapping(UUID=identity)
    door.client("sqs").send_message(QueueUrl=url, MessageBody=f"{bucket} keep")
    [message] = door.messages(url, 1)
    assert message["Body"] == f"{bucket} keep"
    assert keys(door, bucket, "done/") == set()


def test_polls_do_not_keep_a_forgotten_local_aws_awake(door: Door) -> None:
    before = door.local.application.last_call
    door.local.clients.machinery("sqs").list_queues()
    assert door.local.application.last_call == before
    door.client("sqs").list_queues()
    assert door.local.application.last_call > before


@pytest.mark.parametrize(
    ("visibility", "settings", "said"),
    [
        (5, {}, "Queue visibility timeout: 5 seconds is less than Function timeout: 10 seconds"),
        (60, {"BatchSize": 100}, "Maximum batch window in seconds must be greater than 0"),
    ],
)
def test_what_lambda_refuses_is_refused(door: Door, visibility: int, settings: dict[str, int], said: str) -> None:
    with pytest.raises(ClientError, match=said):
        mapped(door, visibility=visibility, **settings)
