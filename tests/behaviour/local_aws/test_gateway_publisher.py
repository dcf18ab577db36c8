"""The publisher with boto3's own clients: conditional writes as S3 answers them, and the message as it arrives."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from lambdas.publish_outcome.claims import HELD
from lambdas.publish_outcome.ended import Ended
from lambdas.publish_outcome.publishing import Publisher
from pipeline.errors import OutcomeBeingPublished
from pipeline.layout import claims_prefix, evidence_key
from pipeline.outcome import SUCCEEDED, Outcome
from tests.behaviour.local_aws.conftest import Gateway


class Killed(BaseException):
    """The function's process ends here."""


class DyingTopic:
    """Takes no message, and whoever sends one with it."""

    def publish(self, **_: str) -> None:
        raise Killed


def test_a_claim_is_taken_settled_and_taken_over_by_conditional_writes_and_the_message_arrives_once(
    gateway: Gateway,
) -> None:
    bucket, (url, queue_arn) = gateway.bucket(), gateway.queue()
    sns, s3 = gateway.client("sns"), gateway.client("s3")
    topic = sns.create_topic(Name=gateway.name("outcomes"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    moment = [datetime(2026, 11, 20, 12, tzinfo=UTC)]

    def publisher(to: object) -> Publisher:
        return Publisher(sns=to, s3=s3, topic_arn=topic, bucket=bucket, lane="glue", now=lambda: moment[0])

    outcome = Outcome(pipeline="csv_to_parquet", lane="glue", run_id="wr_1", status=SUCCEEDED)
    ended = Ended(lane="glue", run_id="wr_1", start="", status=SUCCEEDED, read=lambda: outcome)
    s3.put_object(Bucket=bucket, Key=evidence_key("glue", "wr_1"), Body=json.dumps({"rows": {"read": 7}}).encode())

    with pytest.raises(Killed):
        publisher(DyingTopic()).publish(ended)
    with pytest.raises(OutcomeBeingPublished):
        publisher(sns).publish(ended)
    moment[0] += HELD + timedelta(seconds=1)
    assert [publisher(sns).publish(ended) for _ in range(3)] == [True, False, False]
    (message,) = gateway.messages(url, 1)
    envelope = json.loads(message["Body"])
    body = json.loads(envelope["Message"])
    assert (envelope["Subject"], body["rows"]) == ("SUCCEEDED: csv_to_parquet on glue", {"read": 7})
    assert body["outcome_id"] == ended.outcome_id
    assert "Messages" not in gateway.client("sqs").receive_message(QueueUrl=url)
    [listed] = s3.list_objects_v2(Bucket=bucket, Prefix=claims_prefix("glue"))["Contents"]
    claim = json.loads(s3.get_object(Bucket=bucket, Key=listed["Key"])["Body"].read())
    assert claim["sent_at"] == moment[0].isoformat()
