"""The lab holds a ledger's checkpoints against its slots: one that lies is named, though it is honest about itself."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.counted_s3 import CountedS3
from lab.measure.checkpoints import check_checkpoints
from lab.measure.ledger import read_ledger
from lake.ledger.checkpoints import SLOTS
from lake.ledger.entry import FileEntry, LedgerEntry
from lake.ledger.ledgers import LaneLedger
from lake.stores.s3_store import S3Store
from pipeline.errors import ChecksumMismatched
from pipeline.layout import checkpoint_key

WHERE = {"bucket": "lake", "lane": "glue", "datasets": ["trips"]}
BASE = f"{SLOTS + 1:08d}"


@pytest.fixture
def s3() -> CountedS3:
    s3 = CountedS3()
    ledger = LaneLedger(store=S3Store(bucket="lake", client=s3), lane="glue", dataset="trips")
    for number in range(SLOTS + 5):
        file = FileEntry(key=f"{number}.csv", version="v", bytes=1, status="refused", reason="Empty: x")
        assert ledger.commit(LedgerEntry(batch_id=f"{number:032x}", dataset="trips", files=(file,)))
    return s3


def check(s3: CountedS3) -> None:
    check_checkpoints(read_ledger(s3=s3, **WHERE), s3=s3, **WHERE)


def rewritten(s3: CountedS3, name: str, change: Callable[[list[Any]], list[Any]]) -> str:
    """Change what stands behind the first line, and that as well; the new digest."""
    key = checkpoint_key("glue", "trips", name)
    lines = change([json.loads(line) for line in gzip.decompress(s3.objects[key]).split(b"\n")[1:]])
    text = b"\n".join(json.dumps(line).encode() for line in lines)
    digest = hashlib.sha256(text).hexdigest()
    s3.keep(key, gzip.compress(json.dumps({"sha256": digest}).encode() + b"\n" + text))
    return digest


def other_batch(lines: list[Any]) -> list[Any]:
    lines[2]["entry"]["batch_id"] = "f" * 32
    return lines


def lie_in_the_base(s3: CountedS3) -> None:
    """The base and what names it: every job believes this one."""
    digest = rewritten(s3, BASE, other_batch)
    rewritten(s3, "latest", lambda lines: [{**lines[0], "base": {"slot": SLOTS + 1, "sha256": digest}}, *lines[1:]])


LIES: dict[str, tuple[Callable[[CountedS3], object], str]] = {
    "entry": (lambda s3: rewritten(s3, "latest", other_batch), "00000103.json says something else"),
    "entry of the base": (lie_in_the_base, "00000002.json says something else"),
    "base": (lambda s3: rewritten(s3, BASE, lambda lines: lines[:-1]), "digest"),
    "slot left out": (lambda s3: rewritten(s3, "latest", lambda lines: [lines[0], *lines[2:]]), "slot 102 is left out"),
    "slot that is not there": (
        lambda s3: rewritten(s3, "latest", lambda lines: [*lines, {**lines[-1], "slot": SLOTS + 6}]),
        "00000106.json is not there",
    ),
    "dataset": (
        lambda s3: rewritten(s3, "latest", lambda lines: [{**lines[0], "dataset": "other"}, *lines[1:]]),
        "dataset other",
    ),
    "half": (
        lambda s3: s3.keep(
            checkpoint_key("glue", "trips", "latest"), s3.objects[checkpoint_key("glue", "trips", "latest")][:99]
        ),
        "latest",
    ),
}


def test_checkpoints_that_say_what_slots_say_pass(s3: CountedS3) -> None:
    check(s3)
    s3.delete_objects(Bucket="lake", Delete={"Objects": [{"Key": checkpoint_key("glue", "trips", "latest")}]})
    check(s3)


def test_checkpoint_that_is_behind_is_no_fault(s3: CountedS3) -> None:
    key = checkpoint_key("glue", "trips", "latest")
    older = s3.objects[key]
    ledger = LaneLedger(store=S3Store(bucket="lake", client=s3), lane="glue", dataset="trips")
    assert ledger.commit(LedgerEntry(batch_id="e" * 32, dataset="trips", files=()))
    s3.keep(key, older)
    check(s3)


@pytest.mark.parametrize("lie", LIES)
def test_checkpoint_that_lies_is_named(s3: CountedS3, lie: str) -> None:
    change, said = LIES[lie]
    change(s3)
    with pytest.raises(ChecksumMismatched, match=said):
        check(s3)
