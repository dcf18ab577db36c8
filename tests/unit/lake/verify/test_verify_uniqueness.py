"""verify finds every key that is there twice, however many files its numbers wait in."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.verify.checksums import value_hashes, weight
from lake.verify.dataset import verify_dataset
from lake.verify.readback import keys_among, read_back
from lake.verify.uniqueness import RepeatedNumbers
from pipeline.errors import QualityRuleFailed
from strict_csv.contract import Contract
from tests.unit.lake.verify.small_lake import CONTRACT, KEY, lake, parquet

NUMBERS = st.lists(st.sampled_from([0, 1, 2**62, 2**63, 2**64 - 1]) | st.integers(0, 2**64 - 1), max_size=60)


@given(portions=st.lists(NUMBERS, max_size=4), file_numbers=st.integers(1, 40))
def test_repeated_numbers_are_found_in_any_number_of_files(portions: list[list[int]], file_numbers: int) -> None:
    counts = Counter(number for portion in portions for number in portion)
    with RepeatedNumbers(expected=counts.total(), file_numbers=file_numbers) as numbers:
        for portion in portions:
            numbers.add(np.array(portion, dtype=np.uint64))
        found = numbers.found(limit=1000).tolist()
    assert sorted(found) == sorted(number for number, count in counts.items() if count > 1)


def test_no_more_than_asked_for_are_found() -> None:
    with RepeatedNumbers(expected=200, file_numbers=50) as numbers:
        for _ in range(2):
            numbers.add(np.arange(100, dtype=np.uint64) << np.uint64(57))
        assert len(numbers.found(limit=7)) == 7


def _unmixed(number: int) -> int:
    """The word whose mix() is `number`: every step of it can be undone."""
    for shift, factor in ((31, 0x94D049BB133111EB), (27, 0xBF58476D1CE4E5B9), (30, 1)):
        word = number
        for _ in range(64 // shift):
            word = number ^ (word >> shift)
        number = word * pow(factor, -1, 2**64) % 2**64
    return number


def _id_that_collides(month: int, number: int, other_month: int) -> int:
    """The id which with `other_month` makes the number that `number` makes with `month`."""

    def hashed(value: int) -> int:
        return int(value_hashes(pa.array([value], pa.int64()))[0])

    months, ids = int(weight("month")), int(weight("id"))
    due = (months * (hashed(month) - hashed(other_month)) + ids * hashed(number)) * pow(ids, -1, 2**64)
    word = (_unmixed(due % 2**64) - 0x9E3779B97F4A7C15) % 2**64
    return word - 2**64 if word >= 2**63 else word


def test_two_keys_that_share_a_number_are_no_repetition() -> None:
    other = _id_that_collides(1, 7, 2)
    entry, objects = lake({1: [(7, "a")], 2: [(other, "b")]})
    numbers: list[np.ndarray] = []
    for key, body in objects.items():
        if "curated" in key:
            read_back(body, key=key, contract=CONTRACT, note_keys=numbers.append)
    assert numbers[0].tolist() == numbers[1].tolist(), "this pair was made to collide"
    assert verify_dataset(CONTRACT, (entry,), lane="glue", read_object=objects.get).rows_curated == 2
    again, more = lake({1: [(7, "a"), (7, "b")], 2: [(other, "b")]})
    with pytest.raises(QualityRuleFailed, match=r"1 value.s. of the key \(month, id\)"):
        verify_dataset(CONTRACT, (again,), lane="glue", read_object=more.get)


def test_a_key_of_partition_columns_alone_is_checked() -> None:
    """Such a key allows one row per partition."""
    by_month = replace(CONTRACT, key=("month",))
    body = parquet([(1, "a"), (2, "b")])
    numbers: list[np.ndarray] = []
    read_back(body, key=KEY.format(1), contract=by_month, note_keys=numbers.append)
    found = list(keys_among(body, key=KEY.format(1), contract=by_month, numbers=numbers[0]))
    assert pa.Table.from_batches(found).to_pylist() == [{"month": 1}, {"month": 1}]
    entry, objects = lake({1: [(1, "a"), (2, "b")]})
    with pytest.raises(QualityRuleFailed, match=r"1 value.s. of the key \(month\)"):
        verify_dataset(by_month, (entry,), lane="glue", read_object=objects.get)


def test_many_repetitions_of_a_few_keys_are_counted_as_far_as_they_fit() -> None:
    contract = Contract.from_mapping(
        {"dataset": "trips", "key": ["id"], "columns": [{"name": "id", "type": "bigint", "nullable": False}]}
    )
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": pa.array(np.arange(200_000) % 3, pa.int64())}), sink)
    numbers: list[np.ndarray] = []
    read_back(sink.getvalue().to_pybytes(), key="a.parquet", contract=contract, note_keys=numbers.append)
    with RepeatedNumbers(expected=200_000, file_numbers=10_000) as repeated:
        for portion in numbers:
            repeated.add(portion)
        assert len(repeated.found(limit=10_000)) == 3
