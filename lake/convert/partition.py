"""A table split by its partition columns, and the Hive folder names of the parts."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import numpy as np
import pyarrow as pa

from strict_csv.partitions import folder_column


def folder(names: tuple[str, ...], values: tuple[object, ...]) -> str:
    """`month_part=1/origin_part=JFK/`: text percent-coded, booleans true and false, dates ISO; "" without columns."""
    pairs = zip(names, values, strict=True)
    return "".join(f"{folder_column(name)}={quote(_text(value), safe=' ')}/" for name, value in pairs)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def split(table: pa.Table, names: tuple[str, ...]) -> Iterator[tuple[tuple[object, ...], pa.Table]]:
    """(partition values, their rows with all columns); rows keep their order."""
    if not names or not table.num_rows:
        if table.num_rows:
            yield (), table
        return
    encoded = [table.column(name).combine_chunks().dictionary_encode() for name in names]
    groups = np.zeros(table.num_rows, np.int64)
    for column in encoded:
        groups = groups * len(column.dictionary) + _indices(column)
    present = np.unique(groups)
    if len(present) > 1:
        order = np.argsort(groups, kind="stable")
        table, groups = table.take(_array(order)), groups[order]
    bounds = [*np.searchsorted(groups, present, side="left").tolist(), len(groups)]
    for group, start, end in zip(present, bounds[:-1], bounds[1:], strict=True):
        yield _values(int(group), encoded), table.slice(start, end - start)


def _indices(column: pa.DictionaryArray) -> np.ndarray:
    """Without to_numpy, which would import pandas: half a second of every process, Spark's workers included."""
    indices = column.indices
    return np.frombuffer(indices.buffers()[1], np.int32, count=len(indices), offset=4 * indices.offset)


def _array(places: np.ndarray) -> pa.Int64Array:
    """Without pa.array, for the same reason."""
    return pa.Array.from_buffers(pa.int64(), len(places), [None, pa.py_buffer(places.astype(np.int64, copy=False))])


def _values(group: int, encoded: list[pa.DictionaryArray]) -> tuple[object, ...]:
    values = []
    for column in reversed(encoded):
        group, place = divmod(group, len(column.dictionary))
        values.append(column.dictionary[place].as_py())
    return tuple(reversed(values))
