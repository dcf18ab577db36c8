"""Control files in a landing zone on S3: pinned, enforced, waited for, and never converted themselves."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator

import pytest

from lake.convert.batch import COMMITTED, NOTHING_NEW
from lake.ledger.entry import CONVERTED, REFUSED
from tests.unit.lake.s3_lake import LANDING, S3Lake, s3_lake

DATA = b"id,name\n1,a\n2,b\nx,c\n"
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Lake]:
    with s3_lake(monkeypatch) as lake:
        yield lake


def test_applied_control_file_is_recorded_with_its_version(lake: S3Lake) -> None:
    version = lake.control("a.csv", rows=3, bytes=len(DATA), sha256=SHA256)
    lake.land("a.csv", DATA)
    result = lake.convert()
    assert result.entry is not None
    [file] = result.entry.files
    assert (file.key, file.status, file.control, file.rows_read) == (LANDING + "a.csv", CONVERTED, version, 3)
    assert result.unpaired == ()
    assert lake.convert().status == NOTHING_NEW


@pytest.mark.parametrize(("rows", "status"), [(3, CONVERTED), (4, REFUSED)])
def test_compressed_object_is_measured_as_delivered(rows: int, status: str, lake: S3Lake) -> None:
    stored = gzip.compress(DATA)
    lake.control("a.csv.gz", rows=rows, bytes=len(stored), sha256=hashlib.sha256(stored).hexdigest())
    lake.land("a.csv.gz", stored)
    entry = lake.convert().entry
    assert entry is not None
    [file] = entry.files
    assert (file.status, file.bytes) == (status, len(stored))
    assert file.content_bytes == (len(DATA) if status == CONVERTED else 0)


@pytest.mark.parametrize("said", [{"rows": 2}, {"bytes": 1}, {"sha256": "0" * 64}, {"row": 3}])
def test_mismatch_refuses_its_file_alone(said: dict[str, object], lake: S3Lake) -> None:
    version = lake.control("a.csv", **said)
    lake.land("a.csv", DATA)
    lake.land("b.csv", b"id,name\n7,z\n")
    entry = lake.convert().entry
    assert entry is not None
    refused, taken = entry.files
    assert (refused.status, refused.control, refused.rows_read) == (REFUSED, version, 0)
    assert (refused.reason or "").partition(":")[0] == ("ControlInvalid" if "row" in said else "ControlMismatch")
    assert taken.status == CONVERTED
    assert [row["id"] for row in lake.rows("curated/")] == [7]
    assert lake.rows("quarantine/") == []


def test_redelivered_pair_is_taken(lake: S3Lake) -> None:
    lake.control("a.csv", rows=9)
    lake.land("a.csv", DATA)
    lake.convert()
    version = lake.control("a.csv", rows=3)
    assert [one.key for one in lake.convert().unpaired] == [LANDING + "a.csv.control.json"]  # still the old file
    lake.land("a.csv", DATA)
    entry = lake.convert().entry
    assert entry is not None
    assert [(file.status, file.control) for file in entry.files] == [(CONVERTED, version)]


def test_file_waits_for_a_required_control_file_and_is_named(lake: S3Lake) -> None:
    lake.land("a.csv", DATA)
    waiting = lake.convert(control_file="required")
    assert (waiting.status, waiting.files_covered) == (NOTHING_NEW, 0)
    assert [one.key for one in waiting.unpaired] == [LANDING + "a.csv"]
    assert lake.keys() == []
    lake.land("b.csv", DATA)
    lake.control("b.csv", rows=3)
    half = lake.convert(control_file="required")
    assert half.entry is not None
    assert [file.key for file in half.entry.files] == [LANDING + "b.csv"]
    assert [one.key for one in half.unpaired] == [LANDING + "a.csv"]
    lake.control("a.csv", rows=3)
    done = lake.convert(control_file="required")
    assert (done.status, done.unpaired) == (COMMITTED, ())
    assert [row["id"] for row in lake.rows("curated/")] == [1, 2, 1, 2]


def test_control_file_that_comes_late_changes_nothing_and_is_named(lake: S3Lake) -> None:
    lake.land("a.csv", DATA)
    lake.convert()
    before = lake.keys()
    lake.control("a.csv", rows=99)
    late = lake.convert()
    assert late.status == NOTHING_NEW
    assert [(one.key, "came after" in one.why) for one in late.unpaired] == [(LANDING + "a.csv.control.json", True)]
    assert lake.keys() == before


def test_control_file_alone_waits_and_is_no_error(lake: S3Lake) -> None:
    lake.control("a.csv", rows=1)
    result = lake.convert()
    assert result.status == NOTHING_NEW
    assert [one.key for one in result.unpaired] == [LANDING + "a.csv.control.json"]
    assert lake.keys() == []


def test_control_file_overwritten_during_the_run_is_read_as_it_was_pinned(lake: S3Lake) -> None:
    lake.land("a.csv", DATA)
    pinned = lake.control("a.csv", rows=3)
    objects = lake.store.objects(LANDING)
    lake.control("a.csv", rows=99)
    with lake.store.open(objects[1]) as stream:
        assert stream.read(100) == b'{"rows": 3}'
    assert objects[1].version == pinned
