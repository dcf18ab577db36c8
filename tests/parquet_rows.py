"""Rows of Parquet files as sorted tuples: what tests compare."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq

from lake.ledger.entry import Output


def rows_of(root: Path, outputs: Iterable[Output]) -> list[tuple]:
    """All rows of the outputs below `root`, in an order of their own."""
    rows: list[tuple] = []
    for output in outputs:
        table = pq.ParquetFile(root / output.key).read()
        assert table.num_rows == output.rows
        rows += [tuple(row.values()) for row in table.to_pylist()]
    return sorted(rows, key=repr)
