"""Readers of a lane's ledger need few requests, and no checkpoint, whatever became of it, changes what they read."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from benchmarks.counted_s3 import CountedS3
from benchmarks.ledger_requests import bodies, lane_of, measured
from lake.ledger.checkpoints import LATEST, SLOTS
from lake.ledger.entry import FileEntry, LedgerEntry
from lake.ledger.ledgers import LaneLedger, LaneReader
from lake.stores.local_store import LocalStore
from lake.stores.s3_reading import S3Reading
from lake.stores.s3_store import S3Store
from pipeline import layout
from pipeline.errors import CommitContested

GETS, LISTS = 4, 2  # the budget per dataset and job


@pytest.mark.parametrize("entries", [10, 10_000])
def test_job_stays_within_its_budget_of_requests(entries: int) -> None:
    unread, *jobs = measured(entries)
    assert [one.job for one in jobs if one.gets > GETS or one.lists > LISTS] == []
    assert len(jobs) == 5
    assert unread.gets > entries, "the must-fail twin: without a checkpoint each slot is asked for"
    assert unread.puts == (2 if entries > SLOTS else 1), "and the next reader is spared that"


def entry(name: str, *, dataset: str = "trips") -> LedgerEntry:
    file = FileEntry(key=f"landing/{dataset}/{name}", version="v", bytes=1, status="refused", reason="Empty: x")
    return LedgerEntry(batch_id=name.rjust(32, "0"), dataset=dataset, files=(file,), at="2026-11-01T00:00:00+00:00")


class Lane:
    """A lane's ledger in a counted bucket."""

    def __init__(self) -> None:
        self.s3 = CountedS3()
        self.store = S3Store(bucket="lake", client=self.s3)

    def reader(self) -> LaneReader:
        return LaneReader(store=self.store, lane="glue", dataset="trips")

    def ledger(self, *, dataset: str = "trips") -> LaneLedger:
        """As another process has it."""
        return LaneLedger(store=self.store, lane="glue", dataset=dataset)

    def commit(self, count: int, *, name: str = "f", dataset: str = "trips") -> None:
        ledger = self.ledger(dataset=dataset)
        for number in range(count):
            assert ledger.commit(entry(f"{name}{number}", dataset=dataset))

    def truth(self) -> list[LedgerEntry]:
        """What the slots say, read with nothing but JSON."""
        keys = sorted(key for key in self.s3.objects if key.startswith(layout.ledger_prefix("glue", "trips")))
        return [LedgerEntry.from_mapping(json.loads(self.s3.objects[key])) for key in keys]

    def key(self, name: str | int = LATEST, *, dataset: str = "trips") -> str:
        return layout.checkpoint_key("glue", dataset, name if isinstance(name, str) else f"{name:08d}")

    def checkpoints(self) -> list[str]:
        return sorted(key for key in self.s3.objects if "/_checkpoints/" in key)

    def change(self, name: str | int, change: Callable[[list[Any]], list[Any]], *, honest: bool = True) -> None:
        """Rewrite the lines of a checkpoint behind the first, and that as well where it is `honest`."""
        first, *lines = gzip.decompress(self.s3.objects[self.key(name)]).split(b"\n")
        text = b"\n".join(json.dumps(line).encode() for line in change([json.loads(line) for line in lines]))
        if honest:
            first = json.dumps({"sha256": hashlib.sha256(text).hexdigest()}).encode()
        self.s3.objects[self.key(name)] = gzip.compress(first + b"\n" + text)


@pytest.fixture
def lane() -> Lane:
    return Lane()


@pytest.mark.parametrize("count", [1, SLOTS - 1, SLOTS, SLOTS + 1, SLOTS + 2, 2 * SLOTS + 5])
def test_checkpoint_says_what_the_slots_say(lane: Lane, count: int) -> None:
    lane.commit(count)
    lane.s3.requests.clear()
    assert lane.reader().entries() == lane.truth()
    assert lane.s3.counted("GET", "ledger") == (3 if count > SLOTS else 2)
    assert lane.s3.counted("LIST", "ledger") == 1
    assert len(lane.checkpoints()) == 1 + count // (SLOTS + 1)


def test_slots_that_were_read_are_not_asked_for_again(lane: Lane) -> None:
    lane.commit(3)
    reader = lane.ledger()
    assert len(reader.entries()) == 3
    lane.commit(1, name="g")
    lane.s3.requests.clear()
    assert reader.entries() == lane.truth()
    assert (lane.s3.counted("GET", "ledger"), lane.s3.counted("LIST", "ledger")) == (1, 1)


def test_read_only_reader_writes_nothing(lane: Lane) -> None:
    for number, body in bodies(20):
        lane.s3.keep(layout.ledger_key("glue", "trips", number), body)
    assert len(lane.reader().entries()) == 20
    assert lane.checkpoints() == []
    assert len(lane.ledger().entries()) == 20
    assert lane.checkpoints() == [lane.key()]


def removed(lane: Lane) -> None:
    """The ledger alone, as the message of LayoutChanged says it, and begun again."""
    for key in [key for key in lane.s3.objects if key.startswith(layout.ledger_prefix("glue", "trips"))]:
        lane.s3.delete_objects(Bucket="lake", Delete={"Objects": [{"Key": key}]})


def begun_again(lane: Lane) -> None:
    """As many slots as before, by whoever writes no checkpoint."""
    count = len(lane.truth())
    removed(lane)
    for number in range(1, count + 1):
        body = json.dumps(entry(f"again{number}").to_mapping()).encode()
        lane.s3.keep(layout.ledger_key("glue", "trips", f"{number:08d}"), body)


def of_another_dataset(lane: Lane) -> None:
    lane.commit(2 * SLOTS + 5, dataset="other")
    for name in (LATEST, SLOTS + 1, 2 * SLOTS + 2):
        lane.s3.objects[lane.key(name)] = lane.s3.objects[lane.key(name, dataset="other")]


def another_base(lane: Lane) -> None:
    lane.change(2 * SLOTS + 2, lambda lines: [*lines[:-2], {**lines[-2], "slot": 1}, lines[-1]])


def said(lines: list[Any], place: int, **files: Any) -> list[Any]:
    lines[place]["entry"] |= files
    return lines


LIES: dict[str, Callable[[Lane], None]] = {
    "ledger was removed": removed,
    "ledger was begun again": begun_again,
    "of another dataset": of_another_dataset,
    "base of another history": another_base,
    "base is gone": lambda lane: lane.s3.delete_objects(
        Bucket="lake", Delete={"Objects": [{"Key": lane.key(2 * SLOTS + 2)}]}
    ),
    "content does not match": lambda lane: lane.change(
        LATEST, lambda lines: said(lines, 1, batch_id="f" * 32), honest=False
    ),
    "last slot says something else": lambda lane: lane.change(LATEST, lambda lines: said(lines, -1, files=[])),
    "slot left out": lambda lane: lane.change(LATEST, lambda lines: [lines[0], *lines[2:]]),
    "slot that does not exist": lambda lane: lane.change(
        LATEST, lambda lines: [*lines, {**lines[-1], "slot": lines[-1]["slot"] + 1}]
    ),
    "no base named": lambda lane: lane.change(LATEST, lambda lines: [{**lines[0], "base": None}, *lines[1:]]),
    "no entry": lambda lane: lane.change(LATEST, lambda lines: [*lines[:-1], {**lines[-1], "entry": {"files": [1]}}]),
    "no head": lambda lane: lane.change(LATEST, lambda lines: lines[1:]),
    "nothing but a head": lambda lane: lane.change(LATEST, lambda lines: [{**lines[0], "base": None}]),
    "half written": lambda lane: lane.s3.keep(lane.key(), lane.s3.objects[lane.key()][:-20]),
    "empty": lambda lane: lane.s3.keep(lane.key(), b""),
    "no gzip": lambda lane: lane.s3.keep(lane.key(), b'{"sha256": ""}\n'),
    "base half written": lambda lane: lane.s3.keep(
        lane.key(2 * SLOTS + 2), lane.s3.objects[lane.key(2 * SLOTS + 2)][:500]
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_checkpoint_that_lies_is_named_and_slots_are_read(
    lane: Lane, lie: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lane.commit(2 * SLOTS + 5)
    assert lane.ledger().entries() == lane.truth()
    assert "checkpoint" not in capsys.readouterr().err
    LIES[lie](lane)
    assert lane.reader().entries() == lane.truth()
    assert "this checkpoint is not believed" in capsys.readouterr().err
    lane.ledger().entries()  # leaves a good one where it read slots
    lane.commit(1, name="next")
    capsys.readouterr()
    assert lane.ledger().entries() == lane.truth()
    assert capsys.readouterr().err == ""


def test_unnoticed_lie_would_be_seen_by_these_tests(lane: Lane) -> None:
    """The must-fail twin: an entry changed in the midst of a checkpoint that is honest about itself. No job can tell
    it without reading that slot; the lab does (test_checkpoints_against_slots.py)."""
    lane.commit(5)
    lane.change(LATEST, lambda lines: said(lines, 2, batch_id="f" * 32))
    assert lane.ledger().entries() != lane.truth()


class Refusing(CountedS3):
    """Whoever writes to it may not write checkpoints."""

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, IfNoneMatch: str = "", **others: str) -> None:
        if "/_checkpoints/" in Key:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject")
        super().put_object(Bucket=Bucket, Key=Key, Body=Body, IfNoneMatch=IfNoneMatch, **others)


def test_commit_counts_though_its_checkpoint_could_not_be_written(
    lane: Lane, capsys: pytest.CaptureFixture[str]
) -> None:
    denied = Refusing()
    denied.objects, denied._keys = lane.s3.objects, lane.s3._keys
    lane.commit(3)
    ledger = LaneLedger(store=S3Store(bucket="lake", client=denied), lane="glue", dataset="trips")
    assert ledger.commit(entry("late"))
    assert "no checkpoint was written" in capsys.readouterr().err
    lane.s3.requests.clear()
    assert lane.ledger().entries() == lane.truth()
    assert lane.s3.counted("GET", "ledger") <= GETS
    lane.s3.requests.clear()
    assert lane.ledger().entries() == lane.truth()
    assert lane.s3.counted("GET", "ledger") == 2, "the next reader left one"


@pytest.mark.parametrize("seed", range(3))
def test_whatever_becomes_of_checkpoints_readers_find_the_slots(lane: Lane, seed: int) -> None:
    """Writers old and new, of which some die before their checkpoint, some are late with it, and some objects are lost
    or damaged."""
    chance = random.Random(seed)
    ledgers, kept = [lane.ledger()], []
    for turn in range(400):
        act = chance.choices(("commit", "new", "lose", "damage", "late", "silent"), (60, 10, 3, 3, 8, 10))[0]
        keys = lane.checkpoints()
        if act == "commit":
            assert chance.choice(ledgers).commit(entry(f"s{turn}"))
        elif act == "silent":
            number = f"{len(lane.truth()) + 1:08d}"
            lane.s3.keep(
                layout.ledger_key("glue", "trips", number), json.dumps(entry(f"s{turn}").to_mapping()).encode()
            )
        elif act == "new":
            ledgers = [*ledgers[-2:], lane.ledger()]
        elif keys and act == "lose":
            lane.s3.delete_objects(Bucket="lake", Delete={"Objects": [{"Key": chance.choice(keys)}]})
        elif keys and act == "damage":
            key = chance.choice(keys)
            data = bytearray(lane.s3.objects[key])
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            lane.s3.objects[key] = bytes(data)
        elif keys and act == "late":
            lane.s3.keep(*(chance.choice(kept) if kept else (keys[0], lane.s3.objects[keys[0]])))
        kept = [*kept[-20:], *((key, lane.s3.objects[key]) for key in lane.checkpoints())]
        if not turn % 7:
            assert lane.reader().entries() == lane.truth()
            assert all(ledger.entries() == lane.truth() for ledger in ledgers)
    assert len(lane.truth()) > 2 * SLOTS


def test_writers_that_race_for_slots_and_checkpoints_lose_nothing(tmp_path: Path) -> None:
    store = LocalStore(root=tmp_path)
    failed: list[BaseException] = []

    def work(name: str) -> None:
        ledger = LaneLedger(store=store, lane="glue", dataset="trips")
        try:
            for number in range(8):
                while not _committed(ledger, entry(f"{name}{number}")):
                    pass
        except BaseException as error:
            failed.append(error)

    workers = [threading.Thread(target=work, args=(name,)) for name in "abcdef"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)
    assert failed == []
    found = LaneLedger(store=store, lane="glue", dataset="trips").entries()
    slots = store.keys(layout.ledger_prefix("glue", "trips"))
    assert found == [LedgerEntry.from_mapping(json.loads(store.read(key))) for key in slots]
    assert len({one.batch_id for one in found}) == len(found) == 48


def _committed(ledger: LaneLedger, one: LedgerEntry) -> bool:
    try:
        return ledger.commit(one)
    except CommitContested:  # by name, and whoever is late may try again
        return False


def test_entries_of_before_are_kept_as_they_were(lane: Lane) -> None:
    """An entry from before there were kinds, spelled over several lines."""
    older = json.loads(json.dumps(entry("old").to_mapping()))
    del older["kind"]
    lane.s3.keep(layout.ledger_key("glue", "trips", "00000001"), json.dumps(older, indent=2).encode())
    lane.ledger().entries()
    lines = gzip.decompress(lane.s3.objects[lane.key()]).split(b"\n")
    assert json.loads(lines[-1]) == {"slot": 1, "entry": older}
    assert lane.ledger().entries() == [replace(entry("old"))]


def test_lane_of_the_measurement_is_read_as_it_was_built() -> None:
    s3 = lane_of(12)
    ledger = LaneReader(store=S3Reading(bucket="bucket", client=s3), lane="glue", dataset="flights")
    assert [one.batch_id for one in ledger.entries()] == [f"{number:08d}" for number in range(1, 13)]
