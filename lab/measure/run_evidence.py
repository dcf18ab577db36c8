"""What load_warehouse wrote of a run: the files that it found refused and the rows that it found held back.

Flows in: lane and run id. Flows out: the `rejected` of runs.json. A run that ended before its last job has none.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from lake.ledger.rejections import Rejected
from pipeline.layout import evidence_key

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def read_rejected(*, s3: S3Client, bucket: str, lane: str, run_id: str | None) -> tuple[Rejected, ...]:
    """As the run's evidence names them."""
    if run_id is None:
        return ()
    try:
        body = s3.get_object(Bucket=bucket, Key=evidence_key(lane, run_id))["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return ()
        raise
    return TypeAdapter(tuple[Rejected, ...]).validate_python(json.loads(body)["rejected"])
