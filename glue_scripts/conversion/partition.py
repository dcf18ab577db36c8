"""A table split by its partition columns, and the Hive folder names of the parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from urllib.parse import quote, unquote

import numpy as np
import pyarrow as pa

from pipeline.contract import Column


def folder(names: tuple[str, ...], values: tuple[object, ...]) -> str:
    """`month=1/origin=JFK/`: text percent-coded, booleans true and false, dates ISO; "" without columns."""
    return "".join(f"{name}={quote(_text(value), safe=' ')}/" for name, value in zip(names, values, strict=True))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def values(key: str, columns: Sequence[Column]) -> dict[str, pa.Scalar]:
    """What the folders of the file at `key` say of its partition `columns`: the inverse of `folder`."""
    folders = key.split("/")[-1 - len(columns) : -1]
    return {
        column.name: _scalar(unquote(part.removeprefix(f"{column.name}=")), column.type)
        for column, part in zip(columns, folders, strict=True)
    }


def _scalar(text: str, kind: str) -> pa.Scalar:
    match kind:
        case "bigint":
            return pa.scalar(int(text), pa.int64())
        case "boolean":
            return pa.scalar(text == "true", pa.bool_())
        case "date":
            return pa.scalar(date.fromisoformat(text), pa.date32())
    return pa.scalar(text, pa.string())


def split(table: pa.Table, names: tuple[str, ...]) -> Iterator[tuple[tuple[object, ...], pa.Table]]:
    """(partition values, their rows without the partition columns); rows keep their order."""
    rest = table.drop_columns(list(names)) if names else table
    if not names or not table.num_rows:
        if table.num_rows:
            yield (), rest
        return
    encoded = [table.column(name).combine_chunks().dictionary_encode() for name in names]
    groups = np.zeros(table.num_rows, np.int64)
    for column in encoded:
        groups = groups * len(column.dictionary) + _indices(column)
    present = np.unique(groups)
    if len(present) > 1:
        order = np.argsort(groups, kind="stable")
        rest, groups = rest.take(_array(order)), groups[order]
    bounds = [*np.searchsorted(groups, present, side="left").tolist(), len(groups)]
    for group, start, end in zip(present, bounds[:-1], bounds[1:], strict=True):
        yield _values(int(group), encoded), rest.slice(start, end - start)


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
