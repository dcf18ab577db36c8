"""Shapes are clean: the strict reader takes every row, and a size is met without cutting a record."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.shapes import SHAPES
from strict_csv.contract_file import load_contract
from strict_csv.reader import StrictReader


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_clean_and_as_large_as_asked(name: str, tmp_path: Path) -> None:
    size, rows = SHAPES[name].write(tmp_path / "in", size_bytes=600_000)
    contract = load_contract(tmp_path / "in.contract.yaml")
    with (tmp_path / "in" / "rows.csv").open("rb") as file:
        blocks = list(StrictReader(contract=contract).blocks(file))

    assert 590_000 < size <= 600_000
    assert (tmp_path / "in" / "rows.csv").stat().st_size == size
    assert sum(block.table.num_rows for block in blocks) == rows > 200
    assert [record.reason for block in blocks for record in block.rejected] == []


def test_the_text_shape_is_mostly_quoted() -> None:
    record = SHAPES["text"].lines(1, 0).decode()

    assert record.count('"') > 12
