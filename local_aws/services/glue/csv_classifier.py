"""The crawler's built-in CSV classifier, by AWS's documentation of its rules.

In: the first bytes of a file. Out: delimiter, header and columns with Hive types, or None where it is not CSV: fewer
than two columns, or fewer than two rows of data.
Source: https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html#classifier-builtin-rules (read 2026-11-28).
"""

from __future__ import annotations

import bz2
import csv
import io
import re
import zlib
from dataclasses import dataclass

Columns = list[tuple[str, str]]
DELIMITERS = (",", "|", "\t", ";", "\x01")
"""In the order in which the documentation names them."""
_BIGINT = re.compile(r"[+-]?\d{1,18}")
_DOUBLE = re.compile(r"[+-]?(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?")
SAMPLE_BYTES = 1_000_000
_NOT_TEXT = (b"PK\x03\x04", b"\x28\xb5\x2f\xfd")
_SAMPLE_ROWS = 1000
_LONGEST_NAME = 150
_FEWEST_ROWS = 2


@dataclass(frozen=True, kw_only=True)
class CsvTable:
    """What a file's sample is taken for."""

    columns: Columns
    has_header: bool
    delimiter: str


def text_sample(stored: bytes) -> tuple[bytes, bool] | None:
    """At most SAMPLE_BYTES of content, and whether that is all of it; `stored` is as long as that, or whole."""
    whole = len(stored) < SAMPLE_BYTES
    try:
        if stored.startswith(b"\x1f\x8b"):
            inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
            data, whole = inflate.decompress(stored, SAMPLE_BYTES), inflate.eof
        elif stored.startswith(b"BZh"):
            decompressor = bz2.BZ2Decompressor()
            data, whole = decompressor.decompress(stored, SAMPLE_BYTES), decompressor.eof
        else:
            data = stored
    except (zlib.error, OSError):
        return None
    return None if data.startswith(_NOT_TEXT) or b"\0" in data else (data, whole)


def csv_table(sample: bytes, *, is_whole: bool) -> CsvTable | None:
    """None where the sample is no CSV; raises csv.Error for a field of more than 131,072 characters."""
    text = sample.decode("utf-8-sig", errors="replace")
    if not is_whole:
        text = text[: text.rfind("\n") + 1] or text
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter)
    if not rows or len(rows[0]) < 2:
        return None
    has_header = _is_header(rows)
    data = rows[1:] if has_header else rows
    if len(data) < _FEWEST_ROWS:
        return None
    types = _types(data, len(rows[0]))
    names = [column_name(name) for name in rows[0]] if has_header else [f"col{index}" for index in range(len(types))]
    return CsvTable(columns=list(zip(names, types, strict=True)), has_header=has_header, delimiter=delimiter)


def column_name(text: str) -> str:
    """A name as the catalog keeps it."""
    return re.sub(r"[^a-z0-9_]", "_", text.strip().lower())


def _delimiter(text: str) -> str:
    """The delimiter by which most rows are as wide as the first, at least two columns; a comma where none does."""

    def agreement(delimiter: str) -> int:
        rows = _rows(text, delimiter)
        return sum(len(row) == len(rows[0]) for row in rows) if rows and len(rows[0]) > 1 else 0

    return max(DELIMITERS, key=agreement)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    for row in reader:
        if row:
            rows.append(row)
        if len(rows) > _SAMPLE_ROWS:
            break
    return rows


def _is_header(rows: list[list[str]]) -> bool:
    """Whether every name is text and not too long (the last may be anything long), and some column below is not."""
    first = rows[0]
    is_text = all(_type_of([name]) == "string" for name in first)
    is_short = all(len(name) < _LONGEST_NAME for name in first[:-1])
    differs = any(kind != "string" for kind in _types(rows[1:], len(first)))
    return is_text and is_short and differs


def _types(rows: list[list[str]], width: int) -> list[str]:
    return [_type_of([row[index] for row in rows if index < len(row)]) for index in range(width)]


def _type_of(values: list[str]) -> str:
    filled = [value for value in values if value != ""]
    if filled and all(_BIGINT.fullmatch(value) for value in filled):
        return "bigint"
    if filled and all(_DOUBLE.fullmatch(value) for value in filled):
        return "double"
    return "string"
