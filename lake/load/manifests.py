"""COPY manifests: the exact files of one part, never a prefix, so that no stray file is loaded.

Flows in: parts of a batch. Flows out: one JSON object each in S3. `meta.content_length` is what
Redshift demands for Parquet.
https://docs.aws.amazon.com/redshift/latest/dg/loading-data-files-using-manifest.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lake.load.sources import Batch, Part
from pipeline.layout import load_manifest_key

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


@dataclass(frozen=True, kw_only=True)
class ManifestShelf:
    """Where a lane's manifests lie."""

    s3: S3Client
    bucket: str
    lane: str

    def put(self, *, table: str, batch: Batch, number: int, part: Part) -> str:
        """Writes the manifest and returns its key; the same part gives the same bytes at the same key."""
        key = load_manifest_key(self.lane, table, batch.batch_id, f"{number:05d}")
        entries = [
            {
                "url": f"s3://{self.bucket}/{output.key}",
                "mandatory": True,
                "meta": {"content_length": output.bytes},
            }
            for output in part.outputs
        ]
        body = json.dumps({"entries": entries}, indent=1).encode()
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json")
        return key
