"""Two hundred columns of all types in turn, a tenth of the fields null: readings of a machine, made up."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa

from benchmarks.shapes.shape import Shape
from benchmarks.shapes.texts import drawn, records

WIDTH = 200
_TYPES = ("bigint", "double", "string", "decimal(12,4)", "double", "boolean", "timestamp", "bigint", "string", "date")
_COLUMNS = [{"name": f"c{place:03d}", "type": _TYPES[place % len(_TYPES)]} for place in range(WIDTH)]
_POOL = 20_000
_NULLS = _POOL // 9


@cache
def _pool(kind: str) -> pa.StringArray:
    random = np.random.default_rng(_TYPES.index(kind))
    numbers = random.integers(-(10**9), 10**9, _POOL).tolist()
    spell = {
        "bigint": str,
        "double": lambda number: repr(number / 1024),
        "string": lambda number: f"state {number % 977}",
        "decimal(12,4)": lambda number: f"{number // 10_000}.{number % 10_000:04d}",
        "boolean": lambda number: "true" if number % 2 else "false",
        "timestamp": lambda number: f"{1 + number % 28:02d}".join(("2024-05-", f"T{number % 24:02d}:07:07.5")),
        "date": lambda number: f"{1970 + number % 80}-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
    }[kind]
    return pa.array([*map(spell, numbers), *[""] * _NULLS])


def _lines(rows: int, seed: int) -> bytes:
    random = np.random.default_rng((seed, 200))
    return records([drawn(random, _pool(column["type"]), rows) for column in _COLUMNS])


WIDE = Shape(
    name="wide",
    title=f"wide: {WIDTH} columns of all types",
    contract={"dataset": "readings", "newlines": "forbidden", "columns": _COLUMNS},
    header=(",".join(column["name"] for column in _COLUMNS) + "\n").encode(),
    lines=_lines,
    block_rows=12_000,
)
