"""Publishes ends of runs: never silent, one message per outcome id, at most one repeated where a publisher died.

Flows in: ended runs. Flows out: SNS messages, each with its outcome id and with what the run's evidence says.
Finding ended runs is the readers' part.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from lambdas.publish_outcome.claims import MISSING, Claims
from lambdas.publish_outcome.ended import Ended
from pipeline.errors import NotificationFailed
from pipeline.layout import evidence_key

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_sns import SNSClient

logger = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The machine's time, UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class PublisherSettings:
    """Of every lane's publisher, from environment variables of the same names."""

    lane: str
    bucket: str
    topic_arn: str


class Publisher:
    """Clients and clock are arguments, so that a test passes its own."""

    @classmethod
    def of(cls, settings: PublisherSettings) -> Publisher:
        """As deployed."""
        return cls(
            sns=boto3.client("sns"),
            s3=boto3.client("s3"),
            topic_arn=settings.topic_arn,
            bucket=settings.bucket,
            lane=settings.lane,
        )

    def __init__(
        self,
        *,
        sns: SNSClient,
        s3: S3Client,
        topic_arn: str,
        bucket: str,
        lane: str,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._sns, self._s3, self._topic_arn = sns, s3, topic_arn
        self._bucket, self._lane = bucket, lane
        self._claims = Claims(s3=s3, bucket=bucket, lane=lane, now=now)

    def publish_all(self, ended: Iterable[Ended]) -> int:
        """Number of messages sent now; raises the first failure after all were tried."""
        sent, failures = 0, []
        for one in ended:
            try:
                sent += self.publish(one)
            except Exception as error:  # one that can't be published must not keep the others back
                logger.exception("not published run=%s", one.run_id)
                failures.append(error)
        if failures:
            raise failures[0]
        return sent

    def publish(self, ended: Ended) -> bool:
        """Whether a message was sent now; raises NotificationFailed or OutcomeBeingPublished, to be called again."""
        if self._claims.is_settled(ended.outcome_id):
            return False
        outcome = ended.read()
        if outcome is None:
            return False
        outcome = replace(outcome, outcome_id=ended.outcome_id, evidence=self._evidence(ended.run_id))
        claim = self._claims.take(ended.outcome_id, ended.run_id)
        if claim is None:
            return False
        try:
            self._sns.publish(TopicArn=self._topic_arn, Subject=outcome.subject, Message=outcome.body)
        except Exception as error:
            self._claims.give_back(claim)
            raise NotificationFailed(
                f"run {outcome.run_id} {outcome.status} and its message was not sent ({type(error).__name__}); "
                "the run's outcome stands, and the sweep tries again"
            ) from error
        self._claims.settle(claim)
        logger.info("published run=%s status=%s failed_step=%s", outcome.run_id, outcome.status, outcome.failed_step)
        return True

    def _evidence(self, run_id: str) -> dict[str, Any] | None:
        """What the run found, if it came so far; a run that failed early has none."""
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=evidence_key(self._lane, run_id))
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                return None
            raise
        return json.loads(found["Body"].read())
