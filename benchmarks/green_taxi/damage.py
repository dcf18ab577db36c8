"""Green taxi trips with damage whose every place and outcome is known.

Flows in: rows, a seed, how often to damage. Flows out: a CSV file and one `Damage` per damaged row: what
was done, which lines it touched and what a strict reader must say. Rows not named are clean.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.green_taxi.generator import HEADER, lines

_COLUMNS = tuple(str(name) for name in HEADER.strip().split(","))


@dataclass(frozen=True, kw_only=True)
class Damage:
    """`lines` are the 1-based lines of the file that the damaged row became; `outcome` is "quarantined"
    with a `reason` of strict_csv.diagnosis for each line, or "curated" (looks odd and is right)."""

    kind: str
    lines: tuple[int, ...]
    outcome: str
    reasons: tuple[str, ...]


def _cell(name: str, value: bytes) -> Callable[[bytes], bytes]:
    place = _COLUMNS.index(name)

    def change(row: bytes) -> bytes:
        cells = row.split(b",")
        cells[place] = value
        return b",".join(cells)

    return change


def _value(column: str, kind: str, value: bytes) -> tuple[Callable[[bytes], bytes], tuple[str, ...]]:
    return _cell(column, value), (f"value:{column}:{kind}",)


# kind: (what it does to a row without its line end, the reason of each resulting line; none: curated)
KINDS: dict[str, tuple[Callable[[bytes], bytes], tuple[str, ...]]] = {
    "missing_separator": (lambda row: row.replace(b",", b"", 1), ("field_count",)),
    "extra_separator": (lambda row: row + b",", ("field_count",)),
    "stray_quote": (_cell("Store_and_fwd_flag", b'N"'), ("quotes",)),
    "unclosed_quote": (_cell("Store_and_fwd_flag", b'"N'), ("quotes",)),
    "text_after_quote": (_cell("Store_and_fwd_flag", b'"N"x'), ("quotes",)),
    "embedded_newline": (_cell("Store_and_fwd_flag", b'"N\nY"'), ("quotes", "quotes")),
    "backslash_escape": (_cell("Store_and_fwd_flag", b'"N\\"Y"'), ("quotes",)),
    "carriage_return": (_cell("Store_and_fwd_flag", b"N\rY"), ("line_end",)),
    "crlf_among_lf": (lambda row: row + b"\r", ("line_end",)),
    "blank": (lambda _row: b"", ("blank",)),
    "header_again": (lambda _row: HEADER.strip().encode(), ("repeated_header",)),
    "latin_1": (_cell("Store_and_fwd_flag", b"\xe9"), ("encoding",)),
    "surrogate": (_cell("Store_and_fwd_flag", b"\xed\xa0\x80"), ("encoding",)),
    "overlong": (_cell("Store_and_fwd_flag", b"\xc0\xaf"), ("encoding",)),
    "nul": (_cell("Store_and_fwd_flag", b"\x00"), ("nul",)),
    "null_in_required": (_cell("VendorID", b""), ("null:VendorID",)),
    "quoted_empty_number": _value("RateCodeID", "bigint", b'""'),
    "letter_in_number": _value("RateCodeID", "bigint", b"l"),
    "fraction_in_integer": _value("Passenger_count", "bigint", b"1.7"),
    "exponent_in_integer": _value("Passenger_count", "bigint", b"1e0"),
    "two_to_the_63": _value("Passenger_count", "bigint", b"9223372036854775808"),
    "leading_zero": _value("RateCodeID", "bigint", b"01"),
    "plus": _value("RateCodeID", "bigint", b"+1"),
    "space": _value("RateCodeID", "bigint", b" 1"),
    "other_null": _value("RateCodeID", "bigint", b"N/A"),
    "not_a_number": _value("Trip_distance", "double", b"NaN"),
    "infinity": _value("Trip_distance", "double", b"inf"),
    "hexadecimal": _value("Trip_distance", "double", b"0x1p3"),
    "decimal_comma": _value("Trip_distance", "double", b'"1,5"'),
    "overflow": (_cell("Trip_distance", b"1e400"), ("inexact:Trip_distance:double",)),
    "underflow": (_cell("Trip_distance", b"1e-400"), ("inexact:Trip_distance:double",)),
    "too_many_digits": (_cell("Trip_distance", b"0.12345678901234567891"), ("inexact:Trip_distance:double",)),
    "thousands_separator": _value("Fare_amount", "decimal(10,2)", b'"1,000"'),
    "third_decimal": _value("Fare_amount", "decimal(10,2)", b"1.005"),
    "too_large_amount": _value("Fare_amount", "decimal(10,2)", b"123456789.00"),
    "currency": _value("Fare_amount", "decimal(10,2)", b"$5"),
    "february_30": _value("lpep_pickup_datetime", "timestamp", b"2015-02-30 00:00:00"),
    "hour_24": _value("lpep_pickup_datetime", "timestamp", b"2015-02-03 24:00:00"),
    "no_leap_year": _value("lpep_pickup_datetime", "timestamp", b"1900-02-29 00:00:00"),
    "other_date_format": _value("lpep_pickup_datetime", "timestamp", b"01/02/2015 00:00:00"),
    "other_zone": _value("lpep_pickup_datetime", "timestamp", b"2015-01-02T00:00:00+02:00"),
    "quoted_number": (_cell("RateCodeID", b'"1"'), ()),
    "quoted_empty_text": (_cell("Store_and_fwd_flag", b'""'), ()),
    "formula": (_cell("Store_and_fwd_flag", b"=1+1"), ()),
    "markup": (_cell("Store_and_fwd_flag", b'"<b>&""</b>"'), ()),
    "quoted_comma": (_cell("Store_and_fwd_flag", b'"N,Y"'), ()),
    "unicode": (_cell("Store_and_fwd_flag", "Ñ\N{GRINNING FACE}".encode()), ()),
    "zulu": (_cell("lpep_pickup_datetime", b"2016-02-29T23:59:59.123456Z"), ()),
    "largest_integer": (_cell("Passenger_count", b"9223372036854775807"), ()),
    "smallest_integer": (_cell("Passenger_count", b"-9223372036854775808"), ()),
    "seventeen_digits": (_cell("Trip_distance", b"10.357019999999999"), ()),
}


def write_damaged_trips(path: Path, *, rows: int, seed: int, every: int = 10) -> list[Damage]:
    """Write `rows` rows of which about one in `every` is damaged, all kinds in turn; says what was done."""
    chance = random.Random(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    damages, line, turn = [], 2, 0
    with path.open("wb") as file:
        file.write(HEADER.encode())
        for row in lines(rows, seed=seed).splitlines():
            count = 1
            if chance.randrange(every) == 0:
                kind = list(KINDS)[turn % len(KINDS)]
                turn += 1
                change, reasons = KINDS[kind]
                row = change(row)
                count = 1 + row.count(b"\n")
                outcome = "quarantined" if reasons else "curated"
                touched = tuple(range(line, line + count))
                damages.append(Damage(kind=kind, lines=touched, outcome=outcome, reasons=reasons))
            file.write(row + b"\n")
            line += count
    return damages
