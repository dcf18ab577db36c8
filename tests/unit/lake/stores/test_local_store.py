"""The folder store's ranges and pins. That a writer is invisible until committed is in lake/convert/test_batch.py."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lake.stores.local_store import LocalStore
from lake.stores.store import StoredObject
from pipeline.errors import InputChanged


@pytest.fixture
def item(tmp_path: Path) -> StoredObject:
    (tmp_path / "a.csv").write_bytes(b"0123456789")
    (item,) = LocalStore(root=tmp_path).objects("")
    return item


@pytest.mark.parametrize(("start", "end"), [(0, 10), (0, 3), (4, 7), (7, 10), (5, 5), (10, 10)])
@pytest.mark.parametrize("size", [1, 4, 100])
def test_range_is_exactly_those_bytes(tmp_path: Path, item: StoredObject, start: int, end: int, size: int) -> None:
    with LocalStore(root=tmp_path).open(item, start=start, end=end) as stream:
        assert b"".join(iter(lambda: stream.read(size), b"")) == b"0123456789"[start:end]


def test_range_without_an_end_goes_to_the_end(tmp_path: Path, item: StoredObject) -> None:
    with LocalStore(root=tmp_path).open(item, start=8) as stream:
        assert stream.read(100) == b"89"


def test_file_that_changes_while_a_range_is_read_fails_by_name(tmp_path: Path, item: StoredObject) -> None:
    with pytest.raises(InputChanged, match=r"a\.csv"), LocalStore(root=tmp_path).open(item, start=2, end=4):
        (tmp_path / "a.csv").write_bytes(b"other and longer")


def test_of_many_writers_of_one_new_key_one_has_won_and_what_lies_there_is_its_own(tmp_path: Path) -> None:
    """Threads of one process too: what decides here is which batch counts, and the others sweep what they wrote."""
    together = threading.Barrier(4)
    for number in range(40):
        store = LocalStore(root=tmp_path)

        def put(body: bytes, *, store: LocalStore = store, key: str = f"slot-{number}") -> bytes | None:
            together.wait(timeout=30)
            return body if store.put_new(key, body) else None

        with ThreadPoolExecutor(4) as pool:
            won = [body for body in pool.map(put, (bytes([65 + who]) * 4096 for who in range(4))) if body]
        assert won == [store.read(f"slot-{number}")]
    assert len(list(tmp_path.iterdir())) == 40, "no draft is left"


def test_keys_behind_another_and_writing_over_are_as_in_a_bucket(tmp_path: Path) -> None:
    store = LocalStore(root=tmp_path)
    for name in ("2", "1", "3"):
        store.put(f"ledger/{name}", b"first")
    store.put("ledger/3", b"second")
    assert store.keys("ledger/", after="ledger/1") == ["ledger/2", "ledger/3"]
    assert store.read("ledger/3") == b"second"
    with pytest.raises(InputChanged, match="missing was taken away"):
        store.read("missing")
