"""Decimals that are read by way of doubles, and timestamps by either way, are what their texts say."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strict_csv.contract import Contract
from strict_csv.typed import TypedParser


def parsed(kind: str, lines: list[str]) -> list[object]:
    contract = Contract.from_mapping(
        {"dataset": "one", "columns": [{"name": "word", "type": "string"}, {"name": "value", "type": kind}]}
    )
    text = "".join(f"{line}\n" for line in lines).encode()
    table, broken = TypedParser(contract=contract, columns=contract.columns).parse(text, records=len(lines))
    assert not broken
    table.validate(full=True)
    return table.column("value").to_pylist()


@given(
    scale=st.integers(0, 15),
    units=st.lists(st.none() | st.integers(-(10**15) + 1, 10**15 - 1), min_size=1, max_size=30),
)
def test_decimals_of_fifteen_digits_are_exact(scale: int, units: list[int | None]) -> None:
    values = [None if unit is None else Decimal(unit).scaleb(-scale) for unit in units]
    lines = ["," if value is None else f",{value:f}" for value in values]

    assert parsed(f"decimal(15,{scale})", lines) == values


@pytest.mark.parametrize("precision", [15, 16, 18, 38])
def test_the_largest_decimal_of_either_way(precision: int) -> None:
    largest = Decimal("9" * (precision - 2) + ".99")

    assert parsed(f"decimal({precision},2)", [f",{largest}", f",-{largest}", ",0.07", ',"-.5"']) == [
        largest,
        largest.copy_negate(),
        Decimal("0.07"),
        Decimal("-0.5"),
    ]


@pytest.mark.parametrize("word", ["a", "Z"])
def test_a_z_elsewhere_changes_no_timestamp(word: str) -> None:
    lines = [
        f"{word},2013-01-01T10:00:00",
        f"{word},2013-01-01 10:00:00.25",
        f"{word},",
        f'{word},"0001-01-01 00:00:00"',
    ]

    assert parsed("timestamp", lines) == [
        datetime(2013, 1, 1, 10, tzinfo=UTC),
        datetime(2013, 1, 1, 10, 0, 0, 250_000, tzinfo=UTC),
        None,
        datetime(1, 1, 1, tzinfo=UTC),
    ]
