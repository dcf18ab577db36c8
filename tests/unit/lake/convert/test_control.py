"""The control file: what it may say, that it is enforced, and which file it belongs to."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from lake.convert.control import MAX_BYTES, Control, check_delivered, check_rows, parse_control
from lake.convert.pairing import alone, late, pair, ready
from lake.convert.single_engine import SingleEngine
from lake.ledger.entry import CONVERTED, REFUSED, FileEntry, LedgerEntry
from lake.stores.local_store import LocalStore
from lake.stores.store import StoredObject
from strict_csv.contract import Contract
from strict_csv.refusals import ControlInvalid, ControlMismatch
from tests.folder_job import folder_job

DATA = b"x\n1\n2\n"
SHA256 = hashlib.sha256(DATA).hexdigest()
OPTIONAL = Contract.from_mapping({"dataset": "d", "columns": [{"name": "x", "type": "bigint"}]})
REQUIRED = Contract.from_mapping(
    {"dataset": "d", "columns": [{"name": "x", "type": "bigint"}], "control_file": "required"}
)


@pytest.mark.parametrize(
    ("text", "control"),
    [
        ('{"rows": 2}', Control(rows=2)),
        ('{"bytes": 0, "rows": 0}', Control(rows=0, bytes=0)),
        (json.dumps({"sha256": SHA256.upper()}), Control(sha256=SHA256)),
        ("\ufeff {} ".format('{"rows": 1}'), Control(rows=1)),
    ],
)
def test_control_file_is_read(text: str, control: Control) -> None:
    assert parse_control(text.encode()) == control


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (b"", "no JSON"),
        (b"rows: 2", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b'{"rows": 2', "no JSON"),
        (b'{"rows": 2, "rows": 3}', "no JSON"),
        (b"[" * 60_000, "no JSON"),
        (b"1" * 5000, "no JSON"),
        (b"[2]", "no JSON object"),
        (b"{}", "says nothing"),
        (b'{"row": 2}', "'row' is unknown"),
        (b'{"rows": 2, "md5": "x"}', "'md5' is unknown"),
        (b'{"rows": "2"}', "rows is no whole number"),
        (b'{"rows": true}', "rows is no whole number"),
        (b'{"rows": 2.0}', "rows is no whole number"),
        (b'{"rows": null}', "rows is no whole number"),
        (b'{"bytes": -1}', "bytes is no whole number"),
        (b'{"sha256": "abc"}', "sha256 is not 64 hex digits"),
        (b'{"sha256": 5}', "sha256 is not 64 hex digits"),
    ],
)
def test_control_file_that_says_nothing_to_check_is_named(text: bytes, named: str) -> None:
    with pytest.raises(ControlInvalid, match=named):
        parse_control(text)


def delivered(folder: Path, said: dict[str, object] | bytes) -> tuple[LocalStore, StoredObject]:
    (folder / "a.csv").write_bytes(DATA)
    (folder / "a.csv.control.json").write_bytes(said if isinstance(said, bytes) else json.dumps(said).encode())
    store = LocalStore(root=folder)
    [item], none = pair(store.objects(""))
    assert not none
    return store, item


def test_right_control_file_is_satisfied(tmp_path: Path) -> None:
    store, item = delivered(tmp_path, {"rows": 2, "bytes": len(DATA), "sha256": SHA256})
    assert item.control is not None
    check_delivered(store, item)
    check_rows(store, item, rows=2)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"bytes": 7}, f"says 7 bytes, there are {len(DATA)}"),
        ({"sha256": "0" * 64}, f"says sha256 {'0' * 64}, the file's is {SHA256}"),
        ({"bytes": len(DATA), "sha256": "1" * 64}, "sha256"),
    ],
)
def test_other_object_than_said_is_refused(said: dict[str, object], found: str, tmp_path: Path) -> None:
    with pytest.raises(ControlMismatch, match=found):
        check_delivered(*delivered(tmp_path, said))


def test_other_rows_than_said_are_refused(tmp_path: Path) -> None:
    store, item = delivered(tmp_path, {"rows": 3})
    check_delivered(store, item)
    with pytest.raises(ControlMismatch, match="says 3 rows, there are 2"):
        check_rows(store, item, rows=2)


def test_huge_control_file_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(ControlInvalid, match=f"at most {MAX_BYTES}"):
        check_delivered(*delivered(tmp_path, b" " * MAX_BYTES + b'{"rows":2}'))


def test_file_without_control_file_needs_no_look(tmp_path: Path) -> None:
    item = StoredObject(key="never.csv", version="1", size_bytes=3)
    check_delivered(LocalStore(root=tmp_path), item)
    check_rows(LocalStore(root=tmp_path), item, rows=1)
    assert item.control is None


def landed(*keys: str) -> list[StoredObject]:
    return [StoredObject(key=key, version="1", size_bytes=1) for key in keys]


def entry(**controls: str) -> LedgerEntry:
    files = tuple(
        FileEntry(key=f"{name}.csv", version="1", bytes=1, status=CONVERTED, control=control)
        for name, control in controls.items()
    )
    return LedgerEntry(batch_id="b", dataset="d", files=files)


def test_pairs_are_by_whole_name() -> None:
    files, controls = pair(
        landed("a.csv", "a.csv.control.json", "b.csv", "x/a.csv.CONTROL.JSON", "b.control.json", ".control.json")
    )
    assert [(item.key, item.control and item.control.key) for item in files] == [
        ("a.csv", "a.csv.control.json"),
        ("b.csv", None),
    ]
    assert {item.key for item in controls} == {"x/a.csv.CONTROL.JSON", "b.control.json", ".control.json"}


def test_only_where_required_does_a_file_wait() -> None:
    files, _ = pair(landed("a.csv", "a.csv.control.json", "b.csv"))
    assert ready(files, contract=OPTIONAL) == (files, [])
    taken, waiting = ready(files, contract=REQUIRED)
    assert [item.key for item in taken] == ["a.csv"]
    assert [one.key for one in waiting] == ["b.csv"]
    assert "control.json" in waiting[0].why


def test_control_file_without_its_file_is_named_until_it_was_applied() -> None:
    _, controls = pair(landed("a.csv.control.json"))
    assert [one.key for one in alone(controls, [])] == ["a.csv.control.json"]
    assert [one.key for one in alone(controls, [entry(a="other")])] == ["a.csv.control.json"]
    assert alone(controls, [entry(a="1")]) == []


def test_late_control_file_is_named() -> None:
    files, _ = pair(landed("a.csv", "a.csv.control.json"))
    assert late(files, []) == []
    assert late(files, [entry(a="1")]) == []
    for before in ("", "older"):
        assert [one.key for one in late(files, [entry(a=before)])] == ["a.csv.control.json"]


SPLIT = b"x\n" + b"".join(b"%d\n" % n for n in range(499)) + b"bad\n"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"rows": 500, "bytes": len(SPLIT), "sha256": hashlib.sha256(SPLIT).hexdigest()}, CONVERTED),
        ({"rows": 499}, REFUSED),
        ({"bytes": len(SPLIT) + 1}, REFUSED),
        ({"sha256": "0" * 64}, REFUSED),
    ],
)
def test_split_file_is_measured_as_a_whole(said: dict[str, object], status: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_bytes(SPLIT)
    (tmp_path / "in" / "a.csv.control.json").write_text(json.dumps(said))
    files, _ = pair(LocalStore(root=tmp_path / "in").objects(""))
    job = folder_job(tmp_path, OPTIONAL, files=files, split_bytes=200)
    evidence = SingleEngine(threads=2).convert(job)
    evidence.check()
    [file] = evidence.files
    assert (file.status, file.control) == (status, files[0].control_version)
    assert file.rows_read == (500 if status == CONVERTED else 0)
    assert len(list((tmp_path / "out").rglob("*.parquet"))) == (len(evidence.outputs) + len(evidence.quarantine))
    assert (len(evidence.outputs) > 1) is (status == CONVERTED)  # it really was split
