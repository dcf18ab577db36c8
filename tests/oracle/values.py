"""What a text says as a value of a contract's type, by Python's own int, Decimal, float and datetime.

Flows in: a text and a type. Flows out: the value as numbers that compare exactly (a double is its bits, a decimal a
Fraction, a day and a moment are counted from 1970), or Wrong. It shares nothing with the reader.
"""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa

from tests.oracle.rfc4180 import Wrong

Value = str | int | bool | Fraction | None
MAX_DOUBLE_CHARACTERS = 1024
_DIGITS = set("0123456789")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def value_of(text: str, kind: str) -> Value:
    """`text` as a value of the contract's type `kind`."""
    if kind == "string":
        return text
    if not text or not text.isascii():
        raise Wrong
    if kind.startswith("decimal"):
        precision, scale = map(int, kind[len("decimal(") : -1].split(","))
        return _decimal(text, precision, scale)
    try:
        return {"bigint": _bigint, "double": _double, "boolean": _boolean, "date": _day, "timestamp": _moment}[kind](
            text
        )
    except (ValueError, KeyError) as error:
        raise Wrong from error


def _number(text: str) -> tuple[str, str]:
    """The digits before and behind the point, of -?(no leading zero)(.digits)? or -?.digits."""
    whole, point, rest = text.removeprefix("-").partition(".")
    if not (set(whole) <= _DIGITS and set(rest) <= _DIGITS) or (whole.startswith("0") and whole != "0"):
        raise Wrong
    if (point and not rest) or not (whole or rest):
        raise Wrong
    return whole, rest


def _bigint(text: str) -> int:
    _number(text)
    if "." in text or text == "-0" or not -(2**63) <= int(text) < 2**63:
        raise Wrong
    return int(text)


def _decimal(text: str, precision: int, scale: int) -> Fraction:
    whole, rest = _number(text)
    if len(rest) > scale or (whole != "0" and len(whole) > precision - scale):
        raise Wrong
    return Fraction(text)


def _double(text: str) -> int:
    """The bits of the nearest double, if that says what the text says."""
    if len(text) > MAX_DOUBLE_CHARACTERS:
        raise Wrong
    mantissa, marker, exponent = text.replace("E", "e").partition("e")
    _number(mantissa)
    bare = exponent[1:] if exponent[:1] in ("+", "-") else exponent
    if marker and not (bare.isdigit() and len(bare) <= 3):
        raise Wrong
    value, said = float(text), Decimal(text)
    if value in (float("inf"), float("-inf")):
        raise Wrong
    unit = Fraction(10) ** int(said.as_tuple().exponent)
    if abs(Fraction(value) - Fraction(said)) * 2 > unit and Fraction(Decimal(repr(value))) != Fraction(said):
        raise Wrong
    return double_bits(value)


def double_bits(value: float) -> int:
    return struct.unpack("<q", struct.pack("<d", value))[0]


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text]


def _date(text: str) -> date:
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise Wrong
    return day


def _day(text: str) -> int:
    return (_date(text) - _EPOCH.date()).days


def _moment(text: str) -> int:
    bare = text.removesuffix("Z")
    clock, point, micros = bare[11:].partition(".")
    if len(bare) < 19 or bare[10] not in "T " or len(clock) != 8:
        raise Wrong
    if point and not (micros.isdigit() and len(micros) <= 6):
        raise Wrong
    if time.fromisoformat(clock).isoformat() != clock:
        raise Wrong
    moment = datetime.combine(_date(bare[:10]), time.fromisoformat(clock), UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1) + int(micros.ljust(6, "0"))


def rows_of(table: pa.Table) -> list[tuple[Value, ...]]:
    """A table's rows in the same spelling as value_of."""
    columns = [_plain(table.column(place).combine_chunks()) for place in range(table.num_columns)]
    return list(zip(*columns, strict=True))


def _plain(array: pa.Array) -> list[Value]:
    kind = array.type
    if pa.types.is_decimal(kind):
        return [None if value is None else Fraction(value) for value in array.to_pylist()]
    if pa.types.is_floating(kind):
        return [None if value is None else double_bits(value) for value in array.to_pylist()]
    if pa.types.is_date32(kind):
        return array.cast(pa.int32()).to_pylist()
    if pa.types.is_timestamp(kind):
        return array.cast(pa.timestamp("us", kind.tz)).cast(pa.int64()).to_pylist()
    return array.to_pylist()
