"""Texts for a column: right ones, nearly right ones, and those at the edges of the reader's paths.

Flows in: a source of chance (random.Random, or hypothesis in its place) and a column's type. Flows out: a text; whether
it is right is the oracle's business.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

_WORDS = (
    "",
    "a",
    "NA",
    "é",
    "a b",
    "'",
    "😀",
    "=1",
    "\ufeff",
    "c0",
    ",",
    '"',
    '""',
    'a"b',
    "x,y",
    "\\",
    " ",
    "\x7f",
    "ß€",
    "__HIVE_DEFAULT_PARTITION__",
)
_LINES = ("\n", "\r\n", "\r", 'a\n"b', "x\n,y\n")
_FILLERS = ("a", "é", "€", "😀", "ab,", 'q"', "\n", "-")
_LENGTHS = (7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 63, 64, 65, 127, 129, 255, 511, 513, 700)
_BIGINTS = (
    "0",
    "-0",
    "007",
    "1.0",
    "+1",
    "1e3",
    "-",
    "",
    "1_000",
    " 1",
    "-01",
    "00",
    "9" * 19,
    "9" * 20,
    "1" + "0" * 19,
)
_DOUBLES = (
    *(
        "1e400",
        "-1e400",
        "1e-400",
        "5.",
        ".5",
        "-.5",
        ".",
        "-",
        "-.",
        "1e",
        "1e+",
        "e5",
        "1.e5",
        "00.5",
        "01",
        "0e0",
        "+1",
    ),
    *(
        "NaN",
        "nan",
        "inf",
        "-inf",
        "Infinity",
        "0x10",
        "1_0.5",
        "-0",
        "-0.0",
        "0.000",
        "0e999",
        "1e0001",
        "1e-07",
        "2E+22",
    ),
    *("10.357019999999999", "0.1234567890123456789", "0.12345678901234567891", "1.7976931348623157e308", "5e-324"),
    *(
        "4.9e-324",
        "2.2250738585072014e-308",
        "9007199254740993",
        "9007199254740993.0",
        "9007199254740992.5",
        "1e22",
        "1e23",
    ),
    *(
        "0.30000000000000004",
        "0.3000000000000000166",
        "123456789012345678",
        "1234567890123456789012345",
        "1.0000000000000000",
    ),
    *(
        "8.5e15",
        "4503599627370496.5",
        "4503599627370497.5",
        "0.5000000000000000001",
        "1" + "0" * 22,
        "0." + "0" * 25 + "1",
    ),
)
_DECIMALS = (
    "1.5",
    "1.505",
    "-.5",
    ".",
    "-",
    "0",
    "-0",
    "-0.00",
    "00",
    "0.",
    "1e2",
    "+1",
    "0.0",
    ".00",
    "NaN",
    "0.29",
    "1.15",
    "8.29",
)
_BOOLEANS = ("true", "false", "true", "false", "True", "FALSE", "1", "0", "tru", "truee", "false ", "t")
_DATES = (
    *("2023-02-29", "2024-02-29", "1900-02-29", "2000-02-29", "2024-13-01", "2024-00-10", "2024-01-00", "2024-04-31"),
    *(
        "0000-01-01",
        "0001-01-01",
        "9999-12-31",
        "2024-1-01",
        "24-01-01",
        "2024/01/01",
        "2024-01x01",
        "2024x01-01",
        "20240101",
        "2024-01-0",
        "2024-12-32",
    ),
    *("2024-01-01 ", "2024-01-01T", "02024-01-01", "2024-1 -01", "2024-11-31", "2100-02-29", "2024-0a-01"),
)
_CLOCKS = (
    *(
        "00:00:00",
        "23:59:59",
        "24:00:00",
        "12:60:00",
        "12:00:60",
        "1:00:00",
        "12:00",
        "12:00:00.",
        "12:00:00.1234567",
        "12-00-00",
    ),
    *(
        "12:00:00.000001",
        "12:00:00.1",
        "12:00:00Z",
        "12:00:00.5Z",
        "12:00:00z",
        "12:00:00+00:00",
        "12:00:00ZZ",
        "12:00:00.12a",
    ),
)

EDGES = {
    "bigint": _BIGINTS,
    "double": _DOUBLES,
    "decimal": _DECIMALS,
    "boolean": _BOOLEANS,
    "date": _DATES,
    "timestamp": _CLOCKS,  # of one day
}


def random_cell(chance: Random, kind: str, *, newlines: bool) -> str:
    """Mostly a value of the type `kind`; strings hold line ends only where `newlines`."""
    if kind.startswith("decimal"):
        precision, scale = map(int, kind[len("decimal(") : -1].split(","))
        return _decimal(chance, precision, scale)
    if kind == "string":
        return _string(chance, newlines)
    return _MAKERS[kind](chance)


def _string(chance: Random, newlines: bool) -> str:
    way = chance.randrange(4)
    if way == 0:
        return chance.choice(_WORDS)
    if way == 1:
        return "".join(chance.choice("abcXYZ 019-") for _ in range(chance.randrange(1, 20)))
    if way == 2 and newlines:
        return chance.choice(_LINES)
    fillers = _FILLERS if newlines else _FILLERS[:-2]
    length = chance.choice(_LENGTHS)
    text = chance.choice(fillers) * length
    odd = chance.choice(_WORDS)  # something else, anywhere: at the end of a vector, or just behind it
    at = chance.randrange(length)
    return text[:at] + odd + text[at:length]


def _digits(chance: Random, most: int) -> str:
    count = chance.randrange(1, most + 1)
    style = chance.randrange(4)
    if style == 0:
        return str(chance.choice((9, 1, 5))) * count
    if style == 1:
        return chance.choice("123456789") + "0" * (count - 1)
    return chance.choice("123456789") + str(chance.randrange(10 ** (count - 1))).zfill(count - 1)[: count - 1]


def _bigint(chance: Random) -> str:
    way = chance.randrange(4)
    if way == 0:
        return chance.choice(_BIGINTS)
    if way == 1:
        return str(chance.choice((-1, 1)) * (2 ** chance.choice((53, 63, 64, 31, 32)) + chance.randrange(-3, 4)))
    return chance.choice(("", "", "-")) + _digits(chance, 19)


def _double(chance: Random) -> str:
    way = chance.randrange(6)
    if way == 0:
        return chance.choice(_DOUBLES)
    if way == 1:
        return repr(chance.uniform(-1000, 1000))
    digits = _digits(chance, 25 if way == 2 else 19)
    point = chance.randrange(len(digits) + 1)
    whole, rest = digits[:point], digits[point:]
    if way == 3:  # a tie at its last place
        whole, rest = str(chance.randrange(2**53)), "5" if chance.randrange(2) else "25"
    if way == 4:
        whole, rest = "0", "0" * chance.randrange(12) + digits
    rest += "0" * chance.choice((0, 0, 0, 1, 3, 8))
    exponent = chance.choice(("", "", "e", "E")) and f"e{chance.choice(('', '+', '-'))}{chance.randrange(330)}"
    return chance.choice(("", "-")) + whole + ("." + rest if rest else "") + (exponent if way == 5 else "")


def _decimal(chance: Random, precision: int, scale: int) -> str:
    if chance.randrange(4) == 0:
        return chance.choice(_DECIMALS)
    over = chance.randrange(8) == 0  # one digit too many, before or behind the point
    side = chance.randrange(2)
    whole = _digits(chance, precision - scale + (over and side)) if precision - scale + (over and side) else "0"
    rest = _digits(chance, scale + (over and not side))[::-1] if scale + (over and not side) else ""
    if chance.randrange(6) == 0:
        whole = "0" if rest and chance.randrange(2) else whole
        rest = "" if chance.randrange(2) else rest
    return chance.choice(("", "-")) + whole + ("." + rest if rest else "")


def _boolean(chance: Random) -> str:
    return chance.choice(_BOOLEANS)


def _date(chance: Random) -> str:
    way = chance.randrange(3)
    if way == 0:
        return chance.choice(_DATES)
    if way == 1:
        return str(date(2024, 2, 26) + timedelta(days=chance.randrange(5)))
    return str(date.min + timedelta(days=chance.randrange((date.max - date.min).days + 1)))


def _moment(chance: Random) -> str:
    clock = f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}"
    clock += chance.choice(("", "", f".{chance.randrange(10**6):06}", f".{chance.randrange(1000)}"))
    clock = chance.choice(_CLOCKS) if chance.randrange(5) == 0 else clock
    return _date(chance) + chance.choice("TT   t_") + clock + chance.choice(("", "", "", "Z"))


_MAKERS: dict[str, Callable[[Random], str]] = {
    "bigint": _bigint,
    "double": _double,
    "boolean": _boolean,
    "date": _date,
    "timestamp": _moment,
}
