"""What a well-formed record says, by RFC 4180 and the column types alone, and nothing of the strict reader.

Flows in: one record's text. Flows out: typed Python values, as they are compared with what a reader wrote. It is
asked only about records that are known to be right; it does not judge spellings.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq

Row = tuple[object, ...]
_FIELD = re.compile(r'(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<bare>[^",\r\n]*))(?:,|\Z)')


def split(record: str) -> list[tuple[str, bool]]:
    """(text, was it quoted) of each field; ValueError where the quoting is not RFC 4180's."""
    fields, at = [], 0
    while True:
        found = _FIELD.match(record, at)
        if not found:
            raise ValueError(f"no well quoted field at character {at}")
        quoted = found["quoted"]
        fields.append((found["bare"], False) if quoted is None else (quoted.replace('""', '"'), True))
        at = found.end()
        if not found[0].endswith(","):
            return fields


def value(text: str, kind: str) -> object:
    """`text` as the contract type `kind`; timestamps without a zone, in UTC."""
    if kind == "string":
        return text
    if kind == "bigint":
        return int(text)
    if kind == "double":
        return _comparable(float(text))
    if kind == "boolean":
        return {"true": True, "false": False}[text]
    if kind == "date":
        return date.fromisoformat(text)
    if kind == "timestamp":
        return datetime.fromisoformat(text.removesuffix("Z"))
    return Decimal(text)


def row(record: bytes, columns: Mapping[str, str]) -> Row:
    """The typed row of a record without its line end: an empty bare field is null, a quoted one is empty text (or,
    as a number, null)."""
    fields = split(record.decode())
    return tuple(
        None if not text and (not quoted or kind != "string") else value(text, kind)
        for (text, quoted), kind in zip(fields, columns.values(), strict=True)
    )


def rows_written(files: Sequence[Path], columns: Mapping[str, str]) -> list[Row]:
    """All rows of the Parquet `files`, as `row` would have them; a column that is not there is null."""
    rows: list[Row] = []
    for file in files:
        with pq.ParquetFile(file) as opened:  # not read_table, which adds columns it finds in the path
            table = opened.read()
        values = [
            [*map(_comparable, table.column(name).to_pylist())] if name in table.column_names else [None] * len(table)
            for name in columns
        ]
        rows += zip(*values, strict=True)
    return rows


def _comparable(found: object) -> object:
    """Moments in UTC without a zone; NaN as a text, since no NaN equals another."""
    if isinstance(found, datetime) and found.tzinfo:
        return found.astimezone(UTC).replace(tzinfo=None)
    return "NaN" if isinstance(found, float) and math.isnan(found) else found
