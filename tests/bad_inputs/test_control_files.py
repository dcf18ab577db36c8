"""A producer's control file on both engines: what leaves a valid file is seen by it, and by nothing else."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

import pytest

from tests.bad_inputs.compression import COMPRESS
from tests.bad_inputs.converted import CONTRACT, Convert

DATA = b"id,name,fare\n1,ann,1.5\n2,bob,2.5\nx,eve,3.5\n"


def control(data: bytes, **said: Any) -> bytes:
    return json.dumps({"rows": 3, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} | said).encode()


@pytest.mark.parametrize(
    "damaged",
    [
        DATA[:-11],  # cut at a line's end
        DATA.replace(b"2.5", b"2.6"),
        DATA.replace(b"2,bob,2.5\n", b"2,bob,2.5\n" * 2),
        DATA.replace(b"ann", b"Ann"),
    ],
)
def test_damage_that_leaves_a_valid_file_is_refused(damaged: bytes, convert: Convert) -> None:
    found = convert({"a.csv": damaged, "a.csv.control.json": control(DATA), "b.csv": DATA})
    assert found.file("a.csv")["reason"].startswith("ControlMismatch: the control file says ")
    assert found.rows == [(1, "ann", 1.5), (2, "bob", 2.5)]
    assert {file["key"] for file in found.ledger["files"]} == {"a.csv", "b.csv"}
    assert convert({"c.csv": damaged}).file("c.csv")["status"] == "converted"  # nothing else would have seen it


def test_rows_are_good_and_bad_ones_together(convert: Convert) -> None:
    files = {"a.csv": DATA, "a.csv.control.json": b'{"rows": 2}', "b.csv": DATA, "b.csv.control.json": b'{"rows": 3}'}
    found = convert(files)
    assert found.file("a.csv")["reason"] == (
        "ControlMismatch: the control file says 2 rows, there are 3; deliver both again, the control file first"
    )
    assert found.file("b.csv")["status"] == "converted"
    assert found.file("b.csv")["control"]
    assert len(found.rows) == 2


@pytest.mark.parametrize("kind", COMPRESS)
def test_bytes_and_hash_are_of_the_delivered_object(kind: str, convert: Convert) -> None:
    stored = COMPRESS[kind](DATA)
    files = {f"a.csv{kind}": stored, f"a.csv{kind}.control.json": control(stored)}
    files |= {f"b.csv{kind}": stored, f"b.csv{kind}.control.json": control(DATA)}
    found = convert(files)
    assert found.file(f"a.csv{kind}")["status"] == "converted"
    assert found.file(f"b.csv{kind}")["reason"].startswith("ControlMismatch: ")


def test_stream_cut_between_two_members_is_seen_by_its_control_file_alone(convert: Convert) -> None:
    first, second = gzip.compress(DATA), gzip.compress(b"4,dan,4.5\n")
    found = convert({"a.csv.gz": first, "a.csv.gz.control.json": control(first + second), "b.csv.gz": first})
    assert found.file("a.csv.gz")["reason"].startswith("ControlMismatch: ")
    assert found.file("b.csv.gz")["status"] == "converted"


def test_duplicates_count_as_delivered_rows(convert: Convert) -> None:
    data = DATA + b"2,bob,2.5\n1,other,9\n"
    files = {"a.csv.gz": gzip.compress(data), "a.csv.gz.control.json": b'{"rows": 5}', "0.csv": DATA}
    files["0.csv.control.json"] = b'{"rows": 2}'  # refused, so that none of its keys stands in the way of others
    found = convert(files, contract=CONTRACT + "key: [id]\n")
    assert found.rows == [(1, "ann", 1.5), (2, "bob", 2.5)]
    assert sorted(found.reasons) == ["duplicate_key", "duplicate_row", "value:id:bigint"]
    assert found.file("a.csv.gz")["rows_read"] == 5
    assert found.file("0.csv")["reason"].startswith("ControlMismatch: ")


def test_control_file_that_is_no_json_refuses_its_file(convert: Convert) -> None:
    found = convert({"a.csv": DATA, "a.csv.control.json": b"rows=3", "b.csv": DATA})
    assert found.file("a.csv")["reason"].startswith("ControlInvalid: ")
    assert len(found.rows) == 2


def test_what_waits_is_named_and_not_converted(convert: Convert) -> None:
    files = {
        "a.csv": DATA,
        "b.csv": DATA,
        "b.csv.control.json": b'{"rows": 3}',
        "gone.csv.control.json": b'{"rows": 1}',
    }
    found = convert(files, contract=CONTRACT + "control_file: required\n")
    assert [file["key"] for file in found.ledger["files"]] == ["b.csv"]
    assert {one["key"] for one in found.ledger["unpaired"]} == {"a.csv", "gone.csv.control.json"}


def test_all_may_wait(convert: Convert) -> None:
    found = convert({"a.csv": DATA}, contract=CONTRACT + "control_file: required\n")
    assert (found.ledger["files"], found.rows) == ([], [])
    assert [one["key"] for one in found.ledger["unpaired"]] == ["a.csv"]
