"""The ledger and the report entries as readers see them: what is listed here is committed, nothing else is.

Flows in: an S3 client, bucket and lane. Flows out: ledger entries and report snapshots. It writes
nothing and opens no data file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lake.ledger.entry import LedgerEntry, Output
from lake.ledger.lane_state import LaneState
from pipeline.layout import LEDGER, ledger_prefix


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A committed report: computed from exactly `batches` (sorted ids) by one version of the code."""

    snapshot_id: str
    batches: tuple[str, ...]
    code_version: str
    rows: int
    outputs: tuple[Output, ...]


@dataclass(frozen=True, kw_only=True)
class Committed:
    """A lane's committed state in a bucket."""

    s3: Any
    bucket: str
    lane: str

    def entries(self, dataset: str) -> tuple[LedgerEntry, ...]:
        """Every ledger entry of the dataset, oldest first: slots are numbered, and S3 lists by key."""
        bodies = [body for body, _ in self._json_below(ledger_prefix(self.lane, dataset))]
        return tuple(map(LedgerEntry.from_mapping, bodies))

    def state(self, dataset: str) -> LaneState:
        """What these entries come to."""
        return LaneState.of(self.entries(dataset))

    def snapshot_of(self, batches: tuple[str, ...]) -> Snapshot | None:
        """The newest report over exactly these batches."""
        found = [
            (written, body)
            for body, written in self._json_below(f"{LEDGER}{self.lane}/_aggregates/")
            if tuple(body["batches"]) == tuple(sorted(batches))
        ]
        if not found:
            return None
        _, body = max(found, key=lambda pair: (pair[0], pair[1]["snapshot_id"]))
        return Snapshot(
            snapshot_id=body["snapshot_id"],
            batches=tuple(body["batches"]),
            code_version=body["code_version"],
            rows=body["rows"],
            outputs=tuple(Output(**output) for output in body["outputs"]),
        )

    def _json_below(self, prefix: str) -> Iterator[tuple[dict[str, Any], Any]]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        for page in pages:
            for listed in page.get("Contents", []):
                if listed["Key"].endswith(".json"):
                    answer = self.s3.get_object(Bucket=self.bucket, Key=listed["Key"])
                    yield json.loads(answer["Body"].read()), listed["LastModified"]
