"""An execution that was stopped or ran out of time is told once; one that told its outcome itself is left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.announcing import Announcer
from lambdas.claims import Claims
from lambdas.notify_stopped.history_reading import has_told, unfinished_step
from lambdas.notify_stopped.telling import StoppedTeller
from pipeline.errors import NotificationFailed
from pipeline.steps import PIPELINE

ARN = "arn:aws:states:us-east-1:123456789012:execution:nf1-dev-csv_to_parquet:run-1"


def entered(name: str) -> dict[str, Any]:
    return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": name}}


def left(name: str) -> dict[str, Any]:
    return {"type": "TaskStateExited", "stateExitedEventDetails": {"name": name}}


def succeeded(resource_type: str) -> dict[str, Any]:
    return {"type": "TaskSucceeded", "taskSucceededEventDetails": {"resourceType": resource_type}}


ABORTED = {"type": "ExecutionAborted", "executionAbortedEventDetails": {"error": "Stopped", "cause": "by the lab"}}
TIMED_OUT: dict[str, Any] = {"type": "ExecutionTimedOut", "executionTimedOutEventDetails": {}}
CONVERTING = [entered("crawl_raw"), left("crawl_raw"), entered("crawl_raw wait"), left("crawl_raw wait")]
CONVERTING += [entered("convert")]


class FakeAws:
    """An execution's history in pages of one event, S3's conditional writes and SNS, in memory."""

    def __init__(self, *events: dict[str, Any], publishing_fails: int = 0) -> None:
        self.events = events
        self.objects: dict[str, bytes] = {}
        self.messages: list[dict[str, str]] = []
        self.publishing_fails = publishing_fails

    def get_execution_history(self, *, executionArn: str, nextToken: str = "0", **_: Any) -> dict[str, Any]:
        assert executionArn == ARN
        at = int(nextToken)
        more = {"nextToken": str(at + 1)} if at + 1 < len(self.events) else {}
        return {"events": list(self.events[at : at + 1]), **more}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, IfNoneMatch: str) -> None:
        assert (Bucket, IfNoneMatch) == ("b", "*")
        if Key in self.objects:
            raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": "exists"}}, "PutObject")
        self.objects[Key] = Body

    def delete_object(self, *, Bucket: str, Key: str) -> None:
        assert Bucket == "b"
        del self.objects[Key]

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> None:
        assert TopicArn == "t"
        if self.publishing_fails:
            self.publishing_fails -= 1
            raise ClientError({"Error": {"Code": "InternalError", "Message": "no"}}, "Publish")
        self.messages.append({"subject": Subject, **json.loads(Message)})


def tell(aws: FakeAws, status: str = "ABORTED") -> bool:
    announcer = Announcer(sns=aws, topic_arn="t", claims=Claims(s3=aws, bucket="b", lane="stepfunctions"))
    teller = StoppedTeller(lane="stepfunctions", states=aws, announcer=announcer)
    return teller.tell({"detail": {"executionArn": ARN, "name": "run-1", "status": status}})


def test_a_stopped_execution_is_told_as_stopped_where_it_stood() -> None:
    aws = FakeAws(*CONVERTING, ABORTED)
    assert tell(aws)
    assert aws.messages == [
        {
            "subject": "STOPPED: csv_to_parquet on stepfunctions at convert",
            "status": "stopped",
            "pipeline": "csv_to_parquet",
            "lane": "stepfunctions",
            "run_id": "run-1",
            "failed_step": "convert",
            "error": "Stopped: by the lab",
        }
    ]
    assert list(aws.objects) == ["outcomes/stepfunctions/claims/run-1.json"]


def test_an_execution_out_of_time_is_told_as_failed() -> None:
    aws = FakeAws(*CONVERTING, TIMED_OUT)
    assert tell(aws, "TIMED_OUT")
    [message] = aws.messages
    assert message["subject"] == "FAILED: csv_to_parquet on stepfunctions at convert"
    assert message["error"] == "the execution is TIMED_OUT"


@pytest.mark.parametrize("status", ["FAILED", "SUCCEEDED", "RUNNING"])
def test_an_execution_that_tells_itself_is_not_told_again(status: str) -> None:
    aws = FakeAws(*CONVERTING, ABORTED)
    assert not tell(aws, status)
    assert (aws.messages, aws.objects) == ([], {})


def test_an_execution_stopped_after_its_own_message_is_not_told_again() -> None:
    aws = FakeAws(*CONVERTING, left("convert"), entered("notify"), succeeded("sns"), ABORTED)
    assert not tell(aws)
    assert aws.messages == []
    assert not has_told([succeeded("glue")]), "a job's success is no message"


def test_the_same_event_twice_tells_once() -> None:
    aws = FakeAws(*CONVERTING, ABORTED)
    assert [tell(aws), tell(aws)] == [True, False]
    assert len(aws.messages) == 1


def test_an_unsent_message_gives_its_claim_back_and_is_sent_by_the_next_attempt() -> None:
    aws = FakeAws(*CONVERTING, ABORTED, publishing_fails=1)
    with pytest.raises(NotificationFailed, match="run-1 stopped"):
        tell(aws)
    assert aws.objects == {}
    assert tell(aws)
    assert len(aws.messages) == 1


@pytest.mark.parametrize(
    ("events", "step"),
    [
        ([], None),
        ([entered("crawl_raw wait")], "crawl_raw"),
        ([entered("convert"), left("convert")], "convert"),
        ([entered("crawl_curated and verify"), entered("verify")], "verify"),
        ([entered("crawl_curated and verify"), entered("verify"), entered("crawl_curated")], "crawl_curated"),
        ([entered("convert"), left("convert"), entered("notify_failure")], None),
    ],
)
def test_the_step_is_the_first_that_was_entered_and_not_left(events: list[dict[str, Any]], step: str | None) -> None:
    assert unfinished_step(events, PIPELINE) == step
