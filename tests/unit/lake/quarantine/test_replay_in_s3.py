"""Replays in a lane of a bucket: the same logic over S3, and verify's own view of what it left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from lake.convert.batch import COMMITTED, NOTHING_NEW, convert_batch
from lake.convert.lane_place import lane_place
from lake.convert.single_engine import SingleEngine
from lake.ledger.entry import LedgerEntry
from lake.quarantine.replay import ReplayResult, replay
from lake.stores import s3_store
from lake.stores.s3_store import S3Store
from lake.verify.dataset import Verified, verify_dataset
from lake.verify.step import object_reader
from pipeline import layout
from pipeline.errors import ChecksumMismatched, PipelineError, RowsNotConserved
from strict_csv.contract import Contract
from strict_csv.contract_file import parse_contract

BUCKET, LANE, DATASET = "lake", "glue", "trips"
CONTRACT = """
dataset: trips
key: [id]
columns:
  - {name: id, type: bigint, nullable: false}
  - {name: fare, type: double}
"""
MENDED = CONTRACT + 'null_values: ["n/a"]\n'


class Lane:
    """One dataset in one lane."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        self.place = lane_place(store=S3Store(bucket=BUCKET, region="us-east-1"), lane=LANE, dataset=DATASET)

    def land(self, name: str, data: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=f"{layout.landing_prefix(DATASET)}{name}", Body=data)

    def convert(self) -> None:
        contract = parse_contract(CONTRACT)
        convert_batch(place=self.place, contract=contract, engine=SingleEngine(), code_version="1")

    def replay(self) -> ReplayResult:
        return replay(place=self.place, contract=parse_contract(MENDED), code_version="1")

    @property
    def entries(self) -> tuple[LedgerEntry, ...]:
        return tuple(self.place.ledger.entries())

    def verified(self, entries: tuple[LedgerEntry, ...] | None = None) -> Verified:
        contract: Contract = parse_contract(MENDED)
        read = object_reader(self.s3, BUCKET)
        return verify_dataset(contract, entries or self.entries, lane=LANE, read_object=read)

    def keys(self, prefix: str) -> list[str]:
        return self.place.sink.keys(prefix)


@pytest.fixture
def lane(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lane]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3_store._client.cache_clear()
        lane = Lane()
        lane.land("a.csv", b"id,fare\n1,1\n2,n/a\nx,3\n1,n/a\n")
        lane.convert()
        lane.land("b.csv", b"fare,id\nn/a,4\n")
        lane.convert()
        yield lane
    s3_store._client.cache_clear()


def test_replay_is_an_entry_of_its_own_and_verify_agrees(lane: Lane) -> None:
    assert lane.verified().rows_quarantined == 4
    done = lane.replay()
    assert (done.status, done.rows_held, done.rows_curated) == (COMMITTED, 4, 2)
    assert [(e.rows_read, e.rows_curated, e.rows_quarantined) for e in lane.entries] == [
        (4, 1, 3), (1, 0, 1), (0, 2, -2),
    ]  # fmt: skip
    verified = lane.verified()
    assert (verified.batches, verified.rows_curated, verified.rows_quarantined) == (3, 3, 2)
    assert lane.replay().status == NOTHING_NEW
    assert len(lane.entries) == 3
    assert len(lane.keys(layout.quarantine_prefix(LANE, DATASET))) == 1
    assert lane.keys(layout.keys_prefix(LANE, DATASET)) == []


def test_rows_replayed_twice_over_are_taken_once(lane: Lane) -> None:
    lane.replay()
    lane.land("c.csv", b"id,fare\n5,n/a\n")
    lane.convert()
    assert lane.replay().rows_curated == 1
    verified = lane.verified()
    assert (verified.rows_curated, verified.rows_quarantined) == (4, 2)
    assert len(lane.keys(layout.curated_prefix(LANE, DATASET))) == 3


def doubled(lane: Lane) -> tuple[LedgerEntry, ...]:
    """The replay is committed once more under another name for what it replayed."""
    *before, last = lane.entries
    again = replace(last, batch_id="again", files=tuple(replace(f, version="twice") for f in last.files))
    return (*before, last, again)


def unreplayed(lane: Lane) -> tuple[LedgerEntry, ...]:
    """The rows are curated and did not leave quarantine."""
    *before, last = lane.entries
    return (*before, replace(last, files=(), quarantine=()))


def lost(lane: Lane) -> tuple[LedgerEntry, ...]:
    """A row that is still bad is not in quarantine any more."""
    *before, last = lane.entries
    fewer = replace(last.files[0], rows_quarantined=last.files[0].rows_quarantined - 1)
    return (*before, replace(last, files=(fewer, *last.files[1:])))


def other_values(lane: Lane) -> tuple[LedgerEntry, ...]:
    """What was curated is not what was judged."""
    *before, last = lane.entries
    return (*before, replace(last, output_digest="f" * 16))


@pytest.mark.parametrize(
    ("lie", "error"),
    [
        (doubled, RowsNotConserved),
        (unreplayed, RowsNotConserved),
        (lost, RowsNotConserved),
        (other_values, ChecksumMismatched),
    ],
)
def test_verify_notices_a_replay_that_loses_or_doubles_rows(
    lane: Lane, lie: Callable[[Lane], tuple[LedgerEntry, ...]], error: type[PipelineError]
) -> None:
    lane.replay()
    with pytest.raises(error):
        lane.verified(lie(lane))
