"""The way out of a held batch in a lane of a bucket: the process dies before each call that changes the bucket, and the
command is typed again. Each row is there once.

Calls come one after another and reads leave no trace, so this leaves the bucket in every state that a death can. A
process that dies sends nothing more: once the fated call has come, every later one fails too, reads as well, so that
nothing that the code does on its way out reaches the bucket. The folder's twin, with kill -9: test_killed_replays.py.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pyarrow.parquet as pq
import pytest
from botocore.model import OperationModel
from moto import mock_aws

from lake.convert.batch import convert_batch
from lake.convert.lane_place import lane_place
from lake.convert.single_engine import SingleEngine
from lake.ledger.entry import LedgerEntry, in_quarantine, whole
from lake.ledger.lane_state import LaneState
from lake.ledger.ledgers import LaneLedger
from lake.quarantine.decisions import accept_rows, withdraw
from lake.quarantine.export import export
from lake.quarantine.repairs import Repairs
from lake.quarantine.replay import replay
from lake.stores.s3_store import S3Store
from pipeline import layout
from pipeline.errors import PipelineError
from strict_csv.contract import Contract

BUCKET, DATASET = "lake", "keyed"
COLUMNS = [{"name": "id", "type": "bigint", "nullable": False}, {"name": "fare", "type": "double"}]
CONTRACT = Contract.from_mapping({"dataset": DATASET, "key": ["id"], "columns": COLUMNS})
MENDED = Contract.from_mapping({"dataset": DATASET, "key": ["id"], "columns": COLUMNS, "null_values": ["n/a"]})
FILE = b"id,fare\n1,1\n2,2\n3,n/a\n4,n/a\n1,n/a\n"


class Died(BaseException):
    """Nobody catches it but the test."""


class MortalClient:
    """S3 whose caller dies before the `last` call that writes; one client for all, since making one costs more than
    what a test asks it."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3", region_name="us-east-1")
        self.s3.meta.events.register("before-call.s3", self._call)
        self._last: int | None = None
        self._writes = 0

    @contextmanager
    def dying(self, *, last: int) -> Iterator[None]:
        self._last, self._writes = last, 0
        try:
            yield
        finally:
            self._last = None

    def _call(self, *, model: OperationModel, **_: Any) -> None:
        self._writes += model.http["method"] not in ("GET", "HEAD")
        if self._last and self._writes >= self._last:
            raise Died


class Lane:
    """A lane with a held batch."""

    def __init__(self, name: str, client: MortalClient) -> None:
        self.name = name
        self.place = lane_place(
            store=S3Store(bucket=BUCKET, region="us-east-1", client=client.s3), lane=name, dataset=DATASET
        )

    def convert(self, contract: Contract = CONTRACT) -> None:
        convert_batch(place=self.place, contract=contract, engine=SingleEngine(threads=1), code_version="1")

    def check(self, ids: list[int]) -> None:
        """Exactly these rows lie there and count; the others that were read are in quarantine."""
        entries = self.place.ledger.entries()
        entry = whole(entries)
        assert entry
        entry.check()
        counted = {output.key for one in LaneState.of(entries).counting for output in one.outputs}
        there = self.place.sink.keys(layout.curated_prefix(self.name, DATASET))
        assert set(there) == counted
        assert sorted(row["id"] for key in there for row in self._rows(key)) == ids
        held = self.place.sink.keys(layout.quarantine_prefix(self.name, DATASET))
        assert sum(len(self._rows(key)) for key in held) == entry.rows_quarantined == 5 - len(ids)

    def _rows(self, key: str) -> list[dict[str, Any]]:
        with self.place.sink.seekable(key) as file:
            return pq.ParquetFile(io.BytesIO(file.read())).read().to_pylist()


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[MortalClient]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        client = MortalClient()
        client.s3.create_bucket(Bucket=BUCKET)
        client.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        client.s3.put_object(Bucket=BUCKET, Key=f"{layout.landing_prefix(DATASET)}noisy.csv", Body=FILE)
        yield client


Work = Callable[[Lane], object]


def died_at_each_write(client: MortalClient, work: Work, *, prepare: Work = lambda _: None) -> Iterator[Lane]:
    """A lane of its own after each death, until the work ends by itself."""
    for call in count(1):
        lane = Lane(f"lane{call}", client)
        lane.convert()
        prepare(lane)
        try:
            with client.dying(last=call):
                work(lane)
        except Died:
            yield lane
        else:
            return


def by_contract(lane: Lane) -> None:
    replay(place=lane.place, contract=MENDED, code_version="1")


def by_acceptance(lane: Lane) -> None:
    accept_rows(place=lane.place, who="ann", reason="known")


def by_withdrawal(lane: Lane) -> None:
    first = lane.place.ledger.entries()[0].batch_id
    withdraw(place=lane.place, batch=first, who="ann", reason="wrong")
    lane.convert(MENDED)


@pytest.mark.parametrize(
    ("way", "ids", "least"),
    [(by_contract, [1, 2, 3, 4], 6), (by_acceptance, [1, 2], 1), (by_withdrawal, [1, 2, 3, 4], 6)],
)
def test_way_out_that_died_anywhere_and_is_repeated_has_each_row_once(
    client: MortalClient, way: Work, ids: list[int], least: int
) -> None:
    deaths = 0
    for lane in died_at_each_write(client, way):
        way(lane)
        lane.check(ids)
        deaths += 1
    assert deaths >= least


def test_mended_rows_whose_replay_died_anywhere_are_there_once(client: MortalClient, tmp_path: Path) -> None:
    def exported(lane: Lane) -> None:
        folder = tmp_path / lane.name
        export(place=lane.place, folder=folder)
        (folder / "0001-noisy.csv").write_bytes(b"id,fare\n3,3\n4,\n1,n/a\n")

    def mended(lane: Lane) -> None:
        repairs = Repairs(folder=tmp_path / lane.name, contract=CONTRACT)
        replay(place=lane.place, contract=CONTRACT, repairs=repairs, code_version="1")

    deaths = 0
    for lane in died_at_each_write(client, mended, prepare=exported):
        mended(lane)
        mended(lane)
        lane.check([1, 2, 3, 4])
        deaths += 1
    assert deaths >= 6


class HastyLedger(LaneLedger):
    """Takes away what is to be replayed before it says so."""

    def __init__(self, lane: Lane) -> None:
        super().__init__(store=lane.place.sink, lane=lane.name, dataset=DATASET)
        self._take_away = lambda: lane.place.sink.delete(output.key for output in in_quarantine(self.entries()))

    def commit(
        self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None, planned: int | None = None
    ) -> bool:
        self._take_away()
        return super().commit(entry, after=after, planned=planned)


def test_replay_that_takes_rows_away_before_its_commit_is_noticed(client: MortalClient) -> None:
    def hasty(lane: Lane) -> None:
        replay(place=replace(lane.place, ledger=HastyLedger(lane)), contract=MENDED, code_version="1")

    noticed = 0
    for lane in died_at_each_write(client, hasty):
        try:
            by_contract(lane)
            lane.check([1, 2, 3, 4])
        except (AssertionError, PipelineError):
            noticed += 1
    assert noticed == 1, "at the commit"
