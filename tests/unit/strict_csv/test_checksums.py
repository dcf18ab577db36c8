"""The checksums against their definition in lake/ledger/entry.py, written once more in plain Python."""

from __future__ import annotations

import hashlib
import struct
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strict_csv.checksums import ChecksumSums, Hashes, NumpyHashes, value_hashes
from strict_csv.core import load_core

M = 2**64
G = 0x9E3779B97F4A7C15


def mix(x: int) -> int:
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % M
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % M
    return x ^ (x >> 31)


def words_hash(words: list[int], n: int) -> int:
    return mix((n + sum(mix((w + (i + 1) * G) % M) for i, w in enumerate(words))) % M)


def defined(value: object, kind: str) -> int:
    if value is None:
        return 0xA5A5F00D5EED0001
    if kind == "string":
        raw = str(value).encode()
        padded = raw + bytes(-len(raw) % 8)
        return words_hash([w for (w,) in struct.iter_unpack("<Q", padded)], len(raw))
    if kind == "double":
        word = struct.unpack("<Q", struct.pack("<d", value))[0]
    elif kind == "date":
        word = (value - date(1970, 1, 1)).days
    elif kind == "timestamp":
        delta = value - datetime(1970, 1, 1, tzinfo=UTC)
        word = (delta.days * 86_400 + delta.seconds) * 10**6 + delta.microseconds
    elif kind == "decimal(10,2)":
        word = int(value * 100)
    elif kind == "decimal(38,2)":
        unscaled = int(value.scaleb(2)) % 2**128
        return words_hash([unscaled % M, unscaled >> 64], 16)
    else:
        word = int(value)
    return mix((word + G) % M)


ARROW = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "decimal(10,2)": pa.decimal128(10, 2),
    "decimal(38,2)": pa.decimal128(38, 2),
}
VALUES = {
    "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.just("x" * 600),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False),
    "boolean": st.booleans(),
    "date": st.dates(),
    "timestamp": st.datetimes(timezones=st.just(UTC)),
    "decimal(10,2)": st.integers(-(10**10) + 1, 10**10 - 1).map(lambda n: Decimal(n).scaleb(-2)),
    "decimal(38,2)": st.integers(-(10**20), 10**20).map(lambda n: Decimal(n).scaleb(-2)),
}


@pytest.mark.parametrize("kind", sorted(ARROW))
def test_every_type_hashes_as_defined(kind: str) -> None:
    @given(st.lists(st.none() | VALUES[kind], max_size=20), st.integers(0, 3))
    @settings(max_examples=60, deadline=None)
    def check(values: list, skip: int) -> None:
        array = pa.array(values, ARROW[kind])[skip:]
        wanted = [defined(value, kind) for value in values[skip:]]
        assert value_hashes(array).tolist() == wanted
        for hashes in every_implementation():
            rows = np.arange(len(array), dtype=np.uint64)
            assert hashes.add_hashes(array, 2**63 + 1, rows) % M == sum(wanted) % M
            assert rows.tolist() == [(place + (2**63 + 1) * value) % M for place, value in enumerate(wanted)]
            assert hashes.mix(rows) % M == sum(rows.tolist()) % M

    check()


def every_implementation() -> list[Hashes]:
    core = load_core()
    assert core, "no compiled core here: run `make setup`"
    return [NumpyHashes(), core]


def sums(rows: list[tuple], names: tuple[str, ...] = ("a", "b")) -> tuple[dict, str]:
    found = ChecksumSums()
    found.add(pa.table([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], names=list(names)))
    return found.columns, found.digest


def test_digest_is_as_defined() -> None:
    def weight(name: str) -> int:
        return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little") | 1

    rows = [("x", None), ("", "yy")]
    digest = (
        sum(mix((weight("a") * defined(a, "string") + weight("b") * defined(b, "string")) % M) for a, b in rows) % M
    )
    assert sums(rows)[1] == f"{digest:016x}"


def test_order_of_rows_and_columns_does_not_count() -> None:
    rows = [("x", "y"), ("z", "w")]
    assert sums(rows) == sums(rows[::-1])
    assert sums(rows) == sums([row[::-1] for row in rows], ("b", "a"))


@pytest.mark.parametrize(
    "other",
    [
        ("abcdefghijklmnop", "x"),
        ("bacdefghijklmnopq", "x"),
        ("ibcdefghajklmnopq", "x"),
        ("abcdefghijklmnopq", None),
        ("abcdefghijklmnopq", ""),
    ],
)
def test_any_change_is_noticed(other: tuple) -> None:
    assert sums([("abcdefghijklmnopq", "x")])[0] != sums([other])[0]
    assert sums([("abcdefghijklmnopq", "x")])[1] != sums([other])[1]


def test_values_swapped_between_rows_are_noticed_by_the_digest() -> None:
    before, after = sums([("1", "x"), ("2", "y")]), sums([("1", "y"), ("2", "x")])
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_parts_add_up() -> None:
    whole, part, rest = ChecksumSums(), ChecksumSums(), ChecksumSums()
    table = pa.table({"a": list(range(1000))})
    whole.add(table)
    part.add(table.slice(0, 333))
    rest.add(table.slice(333))
    part.merge(rest)
    assert (part.columns, part.digest) == (whole.columns, whole.digest)
