"""The one regular expression of a contract: it matches a raw record if and only if every field is well
quoted, their number is right, and each has one of the exact spellings of its column's type.

Flows in: a contract, the columns in the file's order, the line end. Flows out: RE2 patterns for bytes
(RE2's Latin-1 mode: `.` and classes see bytes; UTF-8 is checked apart, see records.py). What a
regular language cannot say cheaply is in typed.py: doubles that do not round-trip, null tokens in
non-null strings, texts of partition columns that cannot name a folder.

Spellings, chosen so that a value is never changed:
    bigint     0, or -? digits without leading zero, within 64 bits (no +, no -0, no 1.0, no 1e3)
    double     -? digits (no leading zero) with an optional fraction, or .5; exponent of at most 3 digits;
               no "5." (it may be a cut 5.25), no +, no NaN, no inf
    decimal    as double without exponent, at most s fraction digits and p - s integer digits
    boolean    true or false
    date       YYYY-MM-DD, years 0001 to 9999, days that exist
    timestamp  date, T or space, hh:mm:ss with up to 6 fraction digits, Z or nothing (UTC); no 24:00, no :60
    string     anything without NUL; quoted where it holds a comma or quote
A typed value may be quoted; null is never quoted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from strict_csv.contract import Column, Contract

_INTEGER = "(?:0|[1-9][0-9]*)"
_LONG_MONTH_DAY = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
_SHORT_MONTH_DAY = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
_YEAR = "(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9][0-9]|[1-9][0-9][0-9][0-9])"
_FOURTH = "(?:0[48]|[2468][048]|[13579][26])"
_DATE = (
    f"(?:{_YEAR}-(?:{_LONG_MONTH_DAY}|{_SHORT_MONTH_DAY}|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    f"|(?:[0-9][0-9]{_FOURTH}|{_FOURTH}00)-02-29)"
)
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"

UTF8 = (
    r"\A(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    r"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    r"|\xf4[\x80-\x8f][\x80-\xbf]{2})*\z"
)


def _bigint() -> str:
    largest = str(2**63 - 1)
    below = [
        largest[:place] + f"[{1 if place == 0 else 0}-{int(digit) - 1}]" + f"[0-9]{{{len(largest) - place - 1}}}"
        for place, digit in enumerate(largest)
        if int(digit) > (1 if place == 0 else 0)
    ]
    in_range = "|".join([*(b.replace("[0-9]{0}", "") for b in below), largest])
    return f"(?:0|-?(?:[1-9][0-9]{{0,17}}|{in_range})|-{2**63})"


def _decimal(precision: int, scale: int) -> str:
    whole = precision - scale
    integer = f"(?:0|[1-9][0-9]{{0,{whole - 1}}})" if whole else "0"
    if not scale:
        return f"-?{integer}"
    return rf"-?(?:{integer}(?:\.[0-9]{{1,{scale}}})?|\.[0-9]{{1,{scale}}})"


_PLAIN = {
    "bigint": _bigint(),
    "double": rf"-?(?:{_INTEGER}(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{{1,3}})?",
    "boolean": "(?:true|false)",
    "date": _DATE,
    "timestamp": f"{_DATE}[T ]{_TIME}Z?",
}


class RecordGrammar:
    """The patterns of one file: `columns` in the file's order, `line_end` as its header has it."""

    def __init__(self, *, contract: Contract, columns: Sequence[Column], line_end: str) -> None:
        self.quoted_newlines = contract.newlines == "allowed"
        inside = r"[^\"\x00]" if self.quoted_newlines else r"[^\"\r\n\x00]"
        self._quoted = rf'"(?:{inside}|"")*"'
        self._bare = r"[^\",\r\n\x00]"
        self._any = f"(?:{self._bare}*|{self._quoted})"
        self._nulls = "|".join(["", *(re.escape(token) for token in contract.null_values)])
        self._end = line_end.replace("\r", r"\r").replace("\n", r"\n") + r"\z"
        self.columns = tuple(columns)

    @property
    def record(self) -> str:
        """Matches the records that are accepted (but for what typed.py checks)."""
        return rf"\A{self._record}\z"

    @property
    def records(self) -> str:
        """Matches any number of them in a row."""
        return rf"\A(?:{self._record})*\z"

    @property
    def line_end(self) -> str:
        """Matches what ends as the file's records end and has no other line end outside quotes."""
        return rf"\A(?:[^\"\r\n]|\"(?:[^\"]|\"\")*\"|\")*{self._end}"

    @property
    def closed_quotes(self) -> str:
        """Matches where every quote opens, doubles or closes a field, whatever else is wrong."""
        field = r'(?:[^",\n]*|"(?:[^"]|"")*"\r?)'
        return rf"\A{field}(?:,{field})*\n\z"

    @property
    def quoting(self) -> str:
        """Matches any number of well quoted fields."""
        return rf"\A{self._any}(?:,{self._any})*{self._end}"

    @property
    def field_count(self) -> str:
        """Matches the right number of well quoted fields."""
        return r"\A" + ",".join([self._any] * len(self.columns)) + self._end

    def fields(self, start: int, end: int) -> str:
        """Matches where the fields from `start` to before `end` are right, whatever the others hold."""
        return self._between(start, [self._field(column) for column in self.columns[start:end]])

    def null(self, place: int) -> str:
        """Matches where the field at `place` is null."""
        return self._between(place, [f"(?:{self._nulls})"])

    def _between(self, start: int, fields: Sequence[str]) -> str:
        behind = "," if start + len(fields) < len(self.columns) else self._end
        return r"\A" + f"{self._any}," * start + ",".join(fields) + behind

    @property
    def _record(self) -> str:
        return ",".join(self._field(column) for column in self.columns) + self._end.removesuffix(r"\z")

    def _field(self, column: Column) -> str:
        if column.type == "string":
            return f"(?:{self._bare}{'*' if column.nullable else '+'}|{self._quoted})"
        typed = _decimal(*column.decimal) if column.decimal else _PLAIN[column.type]
        nulls = f"{self._nulls}|" if column.nullable else ""
        return f'(?:{nulls}{typed}|"{typed}")'
