"""Rows of Parquet files as sorted tuples: what tests compare."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.ledger import Output


def rows_of(root: Path, outputs: Iterable[Output]) -> list[tuple]:
    """All rows of the outputs below `root`, with the folder's partition values, in an order of their own."""
    rows: list[tuple] = []
    for output in outputs:
        table = pq.ParquetFile(root / output.key).read()
        assert table.num_rows == output.rows
        folders = tuple(part for part in Path(output.key).parts if "=" in part)
        rows += [(*folders, *row.values()) for row in table.to_pylist()]
    return sorted(rows, key=repr)
