"""A lane's place in the bucket: where one of its datasets is read from and written to."""

from __future__ import annotations

from lake.convert.batch import BatchPlace
from lake.ledger.ledgers import LaneLedger
from lake.stores.s3_store import S3Store
from pipeline import layout


def lane_place(*, store: S3Store, lane: str, dataset: str) -> BatchPlace:
    """The same for the job that converts and for whoever decides about quarantined rows and refused files."""
    return BatchPlace(
        source=store,
        landing_prefix=layout.landing_prefix(dataset),
        sink=store,
        curated_prefix=layout.curated_prefix(lane, dataset),
        quarantine_prefix=layout.quarantine_prefix(lane, dataset),
        keys_prefix=layout.keys_prefix(lane, dataset),
        ledger=LaneLedger(store=store, lane=lane, dataset=dataset),
    )
