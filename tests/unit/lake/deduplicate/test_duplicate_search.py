"""The search for duplicates by itself: hashes, buckets, key rows and verdicts."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.deduplicate.buckets import MAX_BUCKETS, Buckets, bucket_bits
from lake.deduplicate.committed_keys import CommittedKeys, Group
from lake.deduplicate.key_hashes import key_hashes
from lake.deduplicate.key_rows import KeyRows
from lake.deduplicate.search import find_duplicates
from lake.ledger.entry import FileEntry, KeyRun, LedgerEntry
from lake.stores.local_store import LocalStore
from lake.stores.ranged_file import RangedFile
from strict_csv.checksums import NumpyHashes
from strict_csv.contract import Contract

CONTRACT = Contract.from_mapping({"dataset": "d", "columns": [{"name": "k", "type": "bigint"}], "key": ["k"]})
VALUES = {
    "string": pa.array(["", None, "a", "b", "ab", "ba", "a\0", "x" * 16, "y" * 700, "x" * 8 + "y" * 8, "é"]),
    "bigint": pa.array([0, None, 1, -1, 2**63 - 1, -(2**63)]),
    "double": pa.array([0.0, -0.0, None, 1.5, 1e-300]),
    "boolean": pa.array([True, False, None]),
    "date": pa.array([0, None, 1], pa.int32()).cast(pa.date32()),
    "timestamp": pa.array([0, None, 1]).cast(pa.timestamp("us", tz="UTC")),
    "decimal(9,2)": pa.array([Decimal("0"), None, Decimal("1.10"), Decimal("-1.10")], pa.decimal128(9, 2)),
    "decimal(38,0)": pa.array(
        [Decimal(0), None, Decimal(2**64), Decimal(2**64 + 1), Decimal(-1)], pa.decimal128(38, 0)
    ),
}


@pytest.mark.parametrize("kind", VALUES)
def test_different_values_have_different_hashes_and_both_implementations_agree(kind: str) -> None:
    table = pa.table({"k": VALUES[kind]})
    high, low = key_hashes(table, ["k"])
    assert len(set(high.tolist())) == len(set(low.tolist())) == table.num_rows
    assert len(set(high.tolist()) & set(low.tolist())) <= 1  # of nothing at all, both are 0
    for one, other in zip((high, low), key_hashes(table, ["k"], hashes=NumpyHashes()), strict=True):
        assert one.tolist() == other.tolist()


def test_hash_of_a_slice_and_of_chunks_is_that_of_the_rows() -> None:
    texts = VALUES["string"]
    chunked = pa.chunked_array([texts.slice(0, 3), texts.slice(3, 1), texts.slice(4)])
    whole = key_hashes(pa.table({"k": texts}), ["k"])
    for one, other in zip(whole, key_hashes(pa.table({"k": chunked}), ["k"]), strict=True):
        assert one.tolist() == other.tolist()


def test_columns_of_a_key_do_not_change_places() -> None:
    one, other = pa.table({"a": ["x"], "b": ["y"]}), pa.table({"a": ["y"], "b": ["x"]})
    assert key_hashes(one, ["a", "b"])[0] != key_hashes(other, ["a", "b"])[0]
    assert key_hashes(one, ["a", "b"])[1] != key_hashes(other, ["a", "b"])[1]


def test_rows_meet_in_their_bucket_however_many_there_are() -> None:
    assert [bucket_bits(rows, bucket_rows=10) for rows in (0, 10, 11, 21, 41, 10**9)] == [0, 0, 1, 2, 3, 7]
    assert 2 ** bucket_bits(10**12, bucket_rows=1) == MAX_BUCKETS
    rows = np.random.default_rng(7).integers(0, 2**63, (1000, 2)).astype(np.uint64)
    with Buckets(bits=3, width=2) as buckets:
        buckets.add(rows[:600])
        buckets.add(rows[600:])
        found = [buckets.read(bucket) for bucket in range(len(buckets))]
        again = [np.concatenate(list(buckets.slices(bucket))) for bucket in range(4)]
    assert sorted(map(tuple, np.concatenate(found).tolist())) == sorted(map(tuple, rows.tolist()))
    assert all((part[:, 0] >> np.uint64(61) == bucket).all() for bucket, part in enumerate(found))
    assert [part.tolist() for part in again] == [part.tolist() for part in found[:4]]


def test_file_of_ranges_is_a_file() -> None:
    asked = []

    def read(start: int, end: int) -> bytes:
        asked.append((start, end))
        return bytes(range(start, end))

    file = RangedFile(size_bytes=200, read=read)
    assert (file.seek(-3, 2), file.read(10), file.read(1)) == (197, bytes([197, 198, 199]), b"")
    assert (file.seek(5), file.read(2), file.seek(1, 1), file.read(1)) == (5, b"\5\6", 8, b"\x08")
    assert asked == [(197, 200), (5, 7), (8, 9)]
    with RangedFile.buffered(size_bytes=200, read=read) as whole:
        assert whole.read() == bytes(range(200))


class Remembered(CommittedKeys):
    """Committed rows (key, value) in memory, a few to a row group."""

    def __init__(self, rows: list[tuple[int, int]]) -> None:
        self._groups = {("f", place): rows[place : place + 3] for place in range(0, len(rows), 3)}

    def highs(self) -> Iterator[tuple[Group, np.ndarray]]:
        for group, rows in self._groups.items():
            yield group, key_hashes(table(rows), ["k"])[0]

    def rows(self, groups: Collection[Group]) -> Iterator[np.ndarray]:
        for group in groups:
            rows = self._groups[group]
            yield np.column_stack([*key_hashes(table(rows), ["k"]), hashes(rows)])


def table(rows: Iterable[tuple[int, int]]) -> pa.Table:
    return pa.table({"k": pa.array([key for key, _ in rows], pa.int64())})


def hashes(rows: Iterable[tuple[int, int]]) -> np.ndarray:
    return np.array([1000 * key + value for key, value in rows], np.uint64)


PAIRS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 1)), max_size=30)


@settings(max_examples=150, deadline=None)
@given(
    units=st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from([0, 7, 30])), PAIRS, max_size=6),
    refused=st.sampled_from(["", "a", "b"]),
    committed=PAIRS,
    bucket_rows=st.sampled_from([1, 5, 10**6]),
    piece=st.sampled_from([1, 4, 100]),
    objects=st.sampled_from([1, 3]),
)
def test_duplicates_are_those_of_a_dictionary(
    units: dict[tuple[str, int], list[tuple[int, int]]],
    refused: str,
    committed: list[tuple[int, int]],
    bucket_rows: int,
    piece: int,
    objects: int,
) -> None:
    first: dict[int, int] = {}
    for key, value in committed:
        first.setdefault(key, value)
    kept_rows = list(first.items())
    wanted: dict[tuple[str, int], list[tuple[int, str]]] = {}
    for place in sorted(units):
        for ordinal, (key, value) in enumerate(units[place] if place[0] != refused else ()):
            if key in first:
                why = "duplicate_row" if first[key] == value else "duplicate_key"
                wanted.setdefault(place, []).append((ordinal, why))
            first.setdefault(key, value)
    with tempfile.TemporaryDirectory() as folder:
        store = LocalStore(root=Path(folder))
        runs = noted(store, units, piece=piece, objects=objects)
        files = tuple(
            FileEntry(key=file, version="1", bytes=0, status="refused" if file == refused else "converted")
            for file in "abc"
        )
        entry = LedgerEntry(batch_id="1", dataset="d", files=files, keys=runs)
        found = find_duplicates(
            store=store, entry=entry, committed=Remembered(kept_rows), object_key="duplicates", bucket_rows=bucket_rows
        )
        assert (found is None) == (not wanted)
        if found:
            assert found.rows == {
                file: sum(len(rows) for (name, _), rows in wanted.items() if name == file)
                for file in {file for file, _ in wanted}
            }
        for place in units:
            excluded = found.of(store, place) if found else None
            said = (
                [(int(o), excluded.names[r]) for o, r in zip(excluded.ordinals, excluded.reasons, strict=True)]
                if excluded
                else []
            )
            assert said == wanted.get(place, [])


def noted(
    store: LocalStore, units: dict[tuple[str, int], list[tuple[int, int]]], *, piece: int, objects: int
) -> tuple[KeyRun, ...]:
    """The units in no order at all, each in pieces."""
    runs: list[KeyRun] = []
    order = sorted(units, key=lambda place: (place[1], place[0]), reverse=True)
    for number in range(objects):
        writer = KeyRows(store=store, object_key=f"keys-{number}", key=CONTRACT.key)
        for file, byte_start in order[number::objects]:
            rows = units[file, byte_start]
            for ordinal in range(0, len(rows), piece):
                part = rows[ordinal : ordinal + piece]
                writer.add(table(part), hashes(part), file=file, byte_start=byte_start, ordinal=ordinal)
        runs += writer.close()
    return tuple(runs)


def test_abandoned_key_rows_leave_nothing(tmp_path: Path) -> None:
    store = LocalStore(root=tmp_path)
    for close in (False, True):
        writer = KeyRows(store=store, object_key="keys/a", key=CONTRACT.key)
        writer.add(table([(1, 1)]), hashes([(1, 1)]), file="f", byte_start=0, ordinal=0)
        if close:
            assert [run.rows for run in writer.close()] == [1]
            assert store.keys("") == ["keys/a"]
        writer.abandon()
        assert store.keys("") == []


def test_key_rows_that_end_early_are_an_error(tmp_path: Path) -> None:
    store = LocalStore(root=tmp_path)
    runs = noted(store, {("a", 0): [(1, 1), (2, 2)]}, piece=9, objects=1)
    (tmp_path / "keys-0").write_bytes((tmp_path / "keys-0").read_bytes()[:-8])
    file = FileEntry(key="a", version="1", bytes=0, status="converted")
    with pytest.raises(ValueError, match="reshape"):
        find_duplicates(
            store=store,
            entry=LedgerEntry(batch_id="1", dataset="d", files=(file,), keys=runs),
            committed=Remembered([]),
            object_key="duplicates",
        )
