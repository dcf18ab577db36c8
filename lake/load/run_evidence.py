"""The evidence of a run: what load_warehouse found in the lane, for the message, runs.json and the report.

Flows in: the state of each dataset's ledger, and the contracts. Flows out: `outcomes/<lane>/<run_id>.json`. A retry
writes the same object again. A job that was started by hand has no run, and writes none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lake.ledger.entry import BATCH, CONVERTED, REFUSED, written_at
from lake.ledger.lane_state import LaneState
from lake.ledger.rejections import FILE, NAMED, Rejections, batches_of_run, rejections
from pipeline.errors import PipelineError
from pipeline.layout import evidence_key
from strict_csv.contract import Contract

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


@dataclass(frozen=True, kw_only=True)
class RunEvidence:
    """`rows` and `files` are those of the batches that this run committed; `rejections` all of the lane's."""

    lane: str
    run_id: str
    at: str
    rows: dict[str, int]
    files: dict[str, int]
    rejections: Rejections

    @classmethod
    def of(
        cls,
        states: Mapping[str, LaneState],
        contracts: Mapping[str, Contract],
        *,
        lane: str,
        run_id: str,
        now: datetime,
    ) -> RunEvidence:
        entries = [entry for state in states.values() for entry in state.entries]
        new = batches_of_run(entries, run_id)
        mine = [entry for entry in entries if entry.batch_id in new and entry.kind == BATCH]
        statuses = [file.status for entry in mine for file in entry.files]
        return cls(
            lane=lane,
            run_id=run_id,
            at=written_at(now),
            rows={
                "read": sum(entry.rows_read for entry in mine),
                "curated": sum(entry.rows_curated for entry in mine),
                "quarantined": sum(entry.rows_quarantined for entry in mine),
            },
            files={"converted": statuses.count(CONVERTED), "refused": statuses.count(REFUSED)},
            rejections=rejections(states, contracts, new=new),
        )

    def to_mapping(self, *, failure: PipelineError | None) -> dict[str, Any]:
        """The first 100 of what is refused or held, and how many there are."""
        rejected = self.rejections.all
        files = sum(one.what == FILE for one in rejected)
        return {
            "lane": self.lane,
            "run_id": self.run_id,
            "at": self.at,
            "error": str(failure) if failure else None,
            "rows": self.rows,
            "files": self.files,
            "rejected": [one.to_mapping() for one in rejected[:NAMED]],
            "totals": {"files_open": files, "batches_held": len(rejected) - files},
        }

    def write(self, *, s3: S3Client, bucket: str, failure: PipelineError | None) -> None:
        if not self.run_id:
            return
        body = json.dumps(self.to_mapping(failure=failure), indent=1).encode()
        s3.put_object(
            Bucket=bucket, Key=evidence_key(self.lane, self.run_id), Body=body, ContentType="application/json"
        )
