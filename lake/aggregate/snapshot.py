"""One report over one set of committed batches: its id, its file, its commit, and how it is found again.

Flows in: batch ids, the code's version, rows. Flows out: `delays.parquet` and an entry written once
with `If-None-Match: *`; the loser of a race finds the same rows committed and says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lake.aggregate import delays
from lake.ledger.entry import Output
from lake.parquet_format import parquet_writer
from lake.stores.s3_new import put_new
from lake.stores.s3_reading import S3Reading
from pipeline.errors import InputChanged
from pipeline.layout import aggregates_entries_prefix, aggregates_entry_key, aggregates_prefix

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_ARROW_TYPES = {"bigint": pa.int64(), "string": pa.string(), "double": pa.float64()}


def snapshot_id(batch_ids: tuple[str, ...], code_version: str) -> str:
    """A hash of what the report is computed from, and by which code; equal in all lanes for equal input."""
    parts = json.dumps([sorted(batch_ids), code_version])
    return hashlib.sha256(parts.encode()).hexdigest()


def batches_id(batch_ids: Iterable[str]) -> str:
    """The same for every version of the code: below it lie the entries of all reports over these batches."""
    return hashlib.sha256(json.dumps(sorted(batch_ids)).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A committed report: computed from exactly `batches` (sorted ids) by one version of the code."""

    snapshot_id: str
    batches: tuple[str, ...]
    code_version: str
    rows: int
    outputs: tuple[Output, ...]


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

    s3: S3Client
    bucket: str
    lane: str

    @property
    def _store(self) -> S3Reading:
        return S3Reading(bucket=self.bucket, client=self.s3)

    def has(self, identity: str, *, batches: tuple[str, ...]) -> bool:
        """Whether the report is committed."""
        of = batches_id(batches)
        if aggregates_entry_key(self.lane, of, identity) in self._store.keys(aggregates_entries_prefix(self.lane, of)):
            return True
        try:
            return bool(self._store.read(aggregates_entry_key(self.lane, "", identity)))
        except InputChanged:
            return False

    def of(self, batches: tuple[str, ...]) -> Snapshot | None:
        """The newest report over exactly these batches: one LIST and one GET, or a search among those of older
        layout."""
        due = tuple(sorted(batches))
        for prefix in (aggregates_entries_prefix(self.lane, batches_id(due)), aggregates_entries_prefix(self.lane)):
            pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix, Delimiter="/")
            listed = [(one["LastModified"], one["Key"]) for page in pages for one in page.get("Contents", [])]
            for _, key in sorted(listed, reverse=True):
                body = json.loads(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())
                if tuple(body["batches"]) == due:
                    return Snapshot(
                        snapshot_id=body["snapshot_id"],
                        batches=due,
                        code_version=body["code_version"],
                        rows=body["rows"],
                        outputs=tuple(Output(**output) for output in body["outputs"]),
                    )
        return None

    def commit(self, identity: str, *, batches: tuple[str, ...], code_version: str, rows: list[dict[str, Any]]) -> bool:
        """Writes file and entry; False where another run had committed this report before."""
        body = to_parquet(rows)
        key = f"{aggregates_prefix(self.lane, identity)}{delays.TABLE}.parquet"
        # Of two runs the first writes the file too: its length stands in the winner's entry.
        size_bytes = (
            len(body) if put_new(self.s3, bucket=self.bucket, key=key, data=body) else len(self._store.read(key))
        )
        entry = {
            "snapshot_id": identity,
            "dataset": delays.TABLE,
            "batches": sorted(batches),
            "code_version": code_version,
            "rows": len(rows),
            "outputs": [{"key": key, "rows": len(rows), "bytes": size_bytes}],
        }
        entry_key = aggregates_entry_key(self.lane, batches_id(batches), identity)
        return put_new(self.s3, bucket=self.bucket, key=entry_key, data=json.dumps(entry, indent=1).encode())
