"""Small damaged files, and which rows a reader may make of them.

Flows in: kinds of damage, from benchmarks/green_taxi/damage.py and text_damage.py. Flows out: one `DamagedFolder`
per kind, with three files that it strikes in the first, a middle and the last row. No two rows of all files are
alike, so that a row that is lost and another that is made up cannot cancel out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import oracle
from benchmarks.green_taxi.damage import KINDS as NUMERIC_KINDS
from benchmarks.oracle import Row
from benchmarks.shapes import NUMERIC, TEXT, Shape
from benchmarks.text_damage import TEXT_KINDS, Change

ROWS = 30
PLACES = (0, ROWS // 2, ROWS - 1)
# What a lenient eye reads in a damaged record: who delivers that has guessed and not lied. (found, meant); none:
# the record is well formed and only our contract forbids it. Of 01/02/2015 or 1.7 as integer nobody can tell.
MEANT: dict[str, tuple[bytes, bytes]] = {
    "embedded_newline": (b"", b""),
    "null_in_required": (b"", b""),
    "infinity": (b"", b""),
    "not_a_number": (b"", b""),
    "quoted_empty_number": (b"", b""),
    "exponent_in_integer": (b",1e0,", b",1,"),
    "leading_zero": (b",01,", b",1,"),
    "plus": (b",+1,", b",1,"),
    "space": (b", 1,", b",1,"),
    "other_null": (b",N/A,", b",,"),
    "hexadecimal": (b"0x1p3", b"8"),
    "thousands_separator": (b'"1,000"', b"1000"),
    "decimal_comma": (b'"1,5"', b"1.5"),
    "currency": (b"$5", b"5"),
    "hour_24": (b"2015-02-03 24:00:00", b"2015-02-04 00:00:00"),
    "other_zone": (b"2015-01-02T00:00:00+02:00", b"2015-01-01T22:00:00"),
    "stray_quote": (b',N",', b',"N""",'),
    "bare_quote": (b'e"n', b'"e""n"'),
    "undoubled_quotes": (b'"the "warm" coat"', b'"the ""warm"" coat"'),
    "backslash_escape": (b'\\"', b'""'),
    "carriage_return": (b"\r", b""),
    "nul": (b"", b""),
}


@dataclass(frozen=True, kw_only=True)
class DamagedFolder:
    """`required`: the rows that a reader must deliver, undamaged ones and those that only look odd.
    `optional`: other rows that are no lie: damaged ones as they were before, or as a lenient eye reads them."""

    shape: str
    kind: str
    files: tuple[bytes, ...]
    required: tuple[Row, ...]
    optional: tuple[Row, ...]


def damaged_folders() -> Iterator[DamagedFolder]:
    """All kinds, always the same."""
    numeric = [(name, change, not reasons) for name, (change, reasons) in NUMERIC_KINDS.items()]
    text = [(name, change, curated) for name, (change, curated) in TEXT_KINDS.items()]
    for shape, kinds in ((NUMERIC, numeric), (TEXT, text)):
        for number, (name, change, curated) in enumerate(kinds):
            yield _folder(shape, name, change, curated=curated, seed=number * len(PLACES))


def _folder(shape: Shape, kind: str, change: Change, *, curated: bool, seed: int) -> DamagedFolder:
    files, required, optional = [], [], []
    for number, place in enumerate(PLACES):
        records = shape.lines(ROWS, seed + number).splitlines()
        rows = [oracle.row(record, shape.columns) for record in records]
        records[place] = change(records[place])
        files.append(shape.header + b"\n".join(records) + b"\n")
        required += rows[:place] + rows[place + 1 :]
        if curated:
            required.append(oracle.row(records[place], shape.columns))
        else:
            optional += [rows[place], *_meant(kind, records[place], shape)]
    return DamagedFolder(
        shape=shape.name, kind=kind, files=tuple(files), required=tuple(required), optional=tuple(optional)
    )


def _meant(kind: str, record: bytes, shape: Shape) -> Iterator[Row]:
    if kind in MEANT:
        try:
            yield oracle.row(record.replace(*MEANT[kind]), shape.columns)
        except ValueError:  # the kind of this name in the other shape breaks more than that
            return
