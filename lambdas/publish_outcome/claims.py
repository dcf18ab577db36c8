"""The right to publish an outcome, held by one at a time: one object per outcome id, written conditionally.

A claim is taken, and settled once its message is out. One that is not settled although its holder must be dead by
now is taken again: a message may then come twice, with the same outcome id, but never not at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline.errors import OutcomeBeingPublished
from pipeline.layout import claim_key

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

HELD = timedelta(seconds=75)
"""Longer than a function can live (its timeout is 60 s), with room for two machines' clocks."""
LOST = ("PreconditionFailed", "ConditionalRequestConflict")
MISSING = ("NoSuchKey", "404")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A claim that is held; `etag` is its object's, so that nobody settles what another has taken since."""

    outcome_id: str
    content: dict[str, Any]
    etag: str


class Claims:
    """Claims of one lane."""

    def __init__(self, *, s3: S3Client, bucket: str, lane: str, now: Callable[[], datetime]) -> None:
        self._s3, self._bucket, self._lane, self._now = s3, bucket, lane, now

    def is_settled(self, outcome_id: str) -> bool:
        """Whether the message is out."""
        content, _ = self._look(outcome_id)
        return bool(content.get("sent_at"))

    def take(self, outcome_id: str, run_id: str) -> Claim | None:
        """The claim, or None where it is settled; raises OutcomeBeingPublished where somebody alive may hold it."""
        there, etag = self._look(outcome_id)
        if there.get("sent_at"):
            return None
        claimed_at = there.get("claimed_at")
        if claimed_at and self._now() - datetime.fromisoformat(claimed_at) < HELD:
            raise self._held(outcome_id, run_id)
        content = {"outcome_id": outcome_id, "run_id": run_id, "claimed_at": self._now().isoformat(), "sent_at": None}
        written = self._write(outcome_id, content, **({"IfMatch": etag} if etag else {"IfNoneMatch": "*"}))
        if written is None:
            raise self._held(outcome_id, run_id)
        return Claim(outcome_id=outcome_id, content=content, etag=written)

    def settle(self, claim: Claim) -> None:
        """After the message was accepted."""
        self._write(claim.outcome_id, {**claim.content, "sent_at": self._now().isoformat()}, IfMatch=claim.etag)

    def give_back(self, claim: Claim) -> None:
        """After a message that could not be sent, so that the next attempt may at once."""
        self._write(claim.outcome_id, {**claim.content, "claimed_at": None}, IfMatch=claim.etag)

    def _look(self, outcome_id: str) -> tuple[dict[str, Any], str | None]:
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=claim_key(self._lane, outcome_id))
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                return {}, None
            raise
        return json.loads(found["Body"].read()), found["ETag"]

    def _write(self, outcome_id: str, content: dict[str, Any], **condition: Any) -> str | None:
        """The new ETag; None where somebody else has written in between."""
        try:
            written = self._s3.put_object(
                Bucket=self._bucket,
                Key=claim_key(self._lane, outcome_id),
                Body=json.dumps(content).encode(),
                ContentType="application/json",
                **condition,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in LOST:
                return None
            raise
        return written["ETag"]

    def _held(self, outcome_id: str, run_id: str) -> OutcomeBeingPublished:
        return OutcomeBeingPublished(
            f"run {run_id}: outcome {outcome_id} is being published by another call; ask again in "
            f"{HELD.total_seconds():.0f} seconds"
        )
