"""The right to tell a run's outcome, given once: a conditional write of one object per run.

Events come twice and late; several ends of one run come at once. Whoever writes the object tells.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from pipeline.layout import outcome_key

TAKEN = "PreconditionFailed"


class Claims:
    """Claims of one lane."""

    def __init__(self, *, s3: Any, bucket: str, lane: str) -> None:
        self._s3, self._bucket, self._lane = s3, bucket, lane

    def take(self, run_id: str, body: str) -> bool:
        """Whether this call is the one; `body` is kept as the record of what is told."""
        try:
            self._s3.put_object(Bucket=self._bucket, Key=self._key(run_id), Body=body.encode(), IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] == TAKEN:
                return False
            raise
        return True

    def give_back(self, run_id: str) -> None:
        """After a message that could not be sent, so that the next attempt may."""
        self._s3.delete_object(Bucket=self._bucket, Key=self._key(run_id))

    def _key(self, run_id: str) -> str:
        return outcome_key(self._lane, run_id)
