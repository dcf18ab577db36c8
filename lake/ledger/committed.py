"""What a lane has committed of a dataset, for the jobs that commit nothing themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lake.ledger.lane_state import LaneState
from lake.ledger.ledgers import LaneReader
from lake.stores.s3_reading import S3Reading

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def committed_state(*, s3: S3Client, bucket: str, lane: str, dataset: str) -> LaneState:
    """Of the whole ledger, as it is now."""
    store = S3Reading(bucket=bucket, client=s3)
    return LaneState.of(LaneReader(store=store, lane=lane, dataset=dataset).entries())
