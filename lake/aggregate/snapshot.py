"""One report over one set of committed batches: its id, its file, its commit.

Flows in: batch ids, the code's version, rows. Flows out: `delays.parquet` and an entry written once
with `If-None-Match: *`; the loser of a race finds the same rows committed and says so.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from botocore.exceptions import ClientError

from lake.aggregate import delays
from lake.parquet_format import parquet_writer
from pipeline.layout import aggregates_entry_key, aggregates_prefix

_ARROW_TYPES = {"bigint": pa.int64(), "string": pa.string(), "double": pa.float64()}


def snapshot_id(batch_ids: tuple[str, ...], code_version: str) -> str:
    """A hash of what the report is computed from, and by which code; equal in all lanes for equal input."""
    parts = json.dumps([sorted(batch_ids), code_version])
    return hashlib.sha256(parts.encode()).hexdigest()


def to_parquet(rows: list[dict[str, Any]]) -> bytes:
    """The report's file, columns in the order of `delays.COLUMNS`."""
    schema = pa.schema([(name, _ARROW_TYPES[kind]) for name, kind in delays.COLUMNS])
    sink = pa.BufferOutputStream()
    with parquet_writer(sink, schema) as writer:
        writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    return sink.getvalue().to_pybytes()


@dataclass(frozen=True, kw_only=True)
class SnapshotShelf:
    """A lane's reports in a bucket."""

    s3: Any
    bucket: str
    lane: str

    def has(self, identity: str) -> bool:
        """Whether the report is committed."""
        try:
            self.s3.head_object(Bucket=self.bucket, Key=aggregates_entry_key(self.lane, identity))
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
                return False
            raise
        return True

    def commit(self, identity: str, *, batches: tuple[str, ...], code_version: str, rows: list[dict[str, Any]]) -> bool:
        """Writes file and entry; False where another run had committed this report before."""
        body = to_parquet(rows)
        key = f"{aggregates_prefix(self.lane, identity)}{delays.TABLE}.parquet"
        entry = {
            "snapshot_id": identity,
            "dataset": delays.TABLE,
            "batches": sorted(batches),
            "code_version": code_version,
            "rows": len(rows),
            "outputs": [{"key": key, "rows": len(rows), "bytes": len(body)}],
        }
        try:
            # Of two runs the first writes the file too: its length stands in the winner's entry.
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, IfNoneMatch="*")
        except ClientError as error:
            if not _is_lost(error):
                raise
            entry["outputs"][0]["bytes"] = self.s3.head_object(Bucket=self.bucket, Key=key)["ContentLength"]
        try:
            self.s3.put_object(
                Bucket=self.bucket,
                Key=aggregates_entry_key(self.lane, identity),
                Body=json.dumps(entry, indent=1).encode(),
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if _is_lost(error):
                return False
            raise
        return True


def _is_lost(error: ClientError) -> bool:
    return error.response["Error"]["Code"] in ("PreconditionFailed", "412", "ConditionalRequestConflict")
