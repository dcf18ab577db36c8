"""Differential test: the reader against an oracle written from RFC 4180 and the contract alone.

The oracle shares nothing with the reader: it walks characters one by one and judges values with Python's
own int, Decimal, float and datetime. Contracts, records, damage and block sizes are random.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glue_scripts.strict_csv.compiled import fastest_judge
from glue_scripts.strict_csv.judged import JudgeMaker
from glue_scripts.strict_csv.patterns import PatternJudge
from glue_scripts.strict_csv.reader import StrictReader
from pipeline.contract import Contract

KINDS = ("string", "bigint", "double", "decimal(6,2)", "boolean", "date", "timestamp")
NULLS = ("NA", "n.a.")


@dataclass(frozen=True)
class Field:
    text: str
    quoted: bool


class Wrong(Exception):
    """The oracle's verdict on a record."""


def fields_of(record: str) -> list[Field]:
    """RFC 4180, section 2, rules 4 to 7, for one record without its line end."""
    fields, at = [], 0
    while True:
        text, quoted = "", record[at : at + 1] == '"'
        if quoted:
            at += 1
            while True:
                if at >= len(record):
                    raise Wrong
                if record[at] != '"':
                    text, at = text + record[at], at + 1
                elif record[at : at + 2] == '""':
                    text, at = text + '"', at + 2
                else:
                    at += 1
                    break
        else:
            while at < len(record) and record[at] != ",":
                if record[at] == '"':
                    raise Wrong
                text, at = text + record[at], at + 1
        fields.append(Field(text, quoted))
        if at == len(record):
            return fields
        if record[at] != ",":
            raise Wrong
        at += 1


def number(text: str, fraction: bool) -> str:
    """`text` if it is -?(digits without leading zero)(.digits)? or -?.digits; else Wrong."""
    bare = text.removeprefix("-")
    whole, point, rest = bare.partition(".")
    digits = set("0123456789")
    if not (set(whole) <= digits and set(rest) <= digits) or (whole.startswith("0") and whole != "0"):
        raise Wrong
    if (point and (not fraction or not rest)) or not (whole or rest):
        raise Wrong
    return text


def value_of(text: str, kind: str) -> Any:
    if kind == "string":
        return text
    if not text or not text.isascii():
        raise Wrong
    try:
        if kind == "bigint":
            if number(text, fraction=False) == "-0" or not -(2**63) <= int(text) < 2**63:
                raise Wrong
            return int(text)
        if kind == "double":
            return double_of(text)
        if kind.startswith("decimal"):
            value = Decimal(number(text, fraction=True))
            if abs(value) >= 10**4 or len(text.partition(".")[2]) > 2:
                raise Wrong
            return value
        if kind == "boolean":
            return {"true": True, "false": False}[text]
        if kind == "date":
            return day_of(text)
        bare = text.removesuffix("Z")
        clock, point, micros = bare[11:].partition(".")
        if (
            len(bare) < 19
            or bare[10] not in "T "
            or len(clock) != 8
            or (point and not micros.isdigit())
            or len(micros) > 6
        ):
            raise Wrong
        moment = datetime.combine(day_of(bare[:10]), time.fromisoformat(clock), UTC)
        return moment.replace(microsecond=int(micros.ljust(6, "0")))
    except (ValueError, KeyError) as error:
        raise Wrong from error


def double_of(text: str) -> float:
    mantissa, marker, exponent = text.replace("E", "e").partition("e")
    number(mantissa, fraction=True)
    bare = exponent[1:] if exponent[:1] in ("+", "-") else exponent
    if marker and not (bare.isdigit() and len(bare) <= 3):
        raise Wrong
    value, said = float(text), Decimal(text)
    if value in (float("inf"), float("-inf")):
        raise Wrong
    unit = Fraction(10) ** int(said.as_tuple().exponent)
    if abs(Fraction(value) - Fraction(said)) * 2 > unit and Fraction(Decimal(repr(value))) != Fraction(said):
        raise Wrong
    return value


def day_of(text: str) -> date:
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise Wrong
    return day


def oracle(data: bytes, columns: list[tuple[str, bool]]) -> tuple[list[tuple], list[int]]:
    """(rows, lines of rejected records) of a body that follows a one-line header."""
    rows, rejected = [], []
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    for line, raw in enumerate(lines, start=2):
        try:
            text = raw.decode("utf-8")
            if "\0" in text or "\r" in text:
                raise Wrong
            fields = fields_of(text)
            if len(fields) != len(columns):
                raise Wrong
            row = []
            for field, (kind, nullable) in zip(fields, columns, strict=True):
                null = not field.quoted and field.text in ("", *NULLS)
                if null and not nullable:
                    raise Wrong
                row.append(None if null else value_of(field.text, kind))
            rows.append(tuple(row))
        except (Wrong, UnicodeDecodeError):
            rejected.append(line)
    return rows, rejected


TEXTS = {
    "string": st.sampled_from(["", "a", "NA", "é", "a b", "'", "😀", "=1", "\ufeff"]),
    "bigint": st.integers(-(2**63) - 2, 2**63 + 1).map(str) | st.sampled_from(["0", "-0", "007", "1.0"]),
    "double": st.floats().map(repr)
    | st.sampled_from(["1e400", "5.", ".5", "10.357019999999999", "0.1234567890123456789"]),
    "decimal(6,2)": st.decimals(-20000, 20000, places=2).map(str) | st.sampled_from(["1.5", "1.505", "-.5"]),
    "boolean": st.sampled_from(["true", "false", "True", "1"]),
    "date": st.dates().map(str) | st.sampled_from(["2023-02-29", "2024-02-29", "2024-13-01"]),
    "timestamp": st.datetimes().map(str) | st.sampled_from(["2024-02-29T23:59:59Z", "2024-01-01T24:00:00"]),
}
DAMAGE = st.sampled_from(
    [b'"', b",", b"\r", b"\0", b"\n", b" ", b"0", b".", b"-", b"e", b"\xc3", b"\xff", b"\\", b'""']
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[tuple[str, bool]], bytes, int]:
    columns = draw(st.lists(st.tuples(st.sampled_from(KINDS), st.booleans()), min_size=1, max_size=5))
    body = b""
    for _ in range(draw(st.integers(1, 8))):
        cells = [draw(TEXTS[kind] | st.sampled_from(["", "NA", "n.a."])) for kind, _ in columns]
        quoted = ['"' + cell.replace('"', '""') + '"' if draw(st.integers(0, 3)) == 0 else cell for cell in cells]
        body += ",".join(quoted).encode() + b"\n"
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(body)))
        body = body[:at] + draw(DAMAGE) + body[at + draw(st.integers(0, 1)) :]
    return columns, body, draw(st.integers(1, 60))


@pytest.mark.parametrize("judge", [fastest_judge, PatternJudge])
@given(case=cases())
@settings(max_examples=1500, deadline=None)
def test_reader_agrees_with_the_oracle(judge: JudgeMaker, case: tuple[list[tuple[str, bool]], bytes, int]) -> None:
    columns, body, block_bytes = case
    header = ",".join(f"c{place}" for place in range(len(columns))).encode() + b"\n"
    listed = [{"name": f"c{place}", "type": kind, "nullable": null} for place, (kind, null) in enumerate(columns)]
    contract = Contract.from_mapping({"dataset": "d", "null_values": list(NULLS), "columns": listed})
    if not body:
        return
    reader = StrictReader(contract=contract, block_bytes=block_bytes, header_bytes=32, judge=judge)
    blocks = list(reader.blocks(io.BytesIO(header + body)))
    rows = [tuple(row.values()) for block in blocks for row in block.table.to_pylist()]
    rejected = [record.line for block in blocks for record in block.rejected]
    wanted_rows, wanted_rejected = oracle(body, columns)
    assert rejected == wanted_rejected
    assert [list(map(repr, row)) for row in normal(rows)] == [list(map(repr, row)) for row in normal(wanted_rows)]
    total = sum(block.bytes_header + block.bytes_good + block.bytes_rejected for block in blocks)
    assert total == len(header + body)
    for record in (record for block in blocks for record in block.rejected):
        whole = (header + body)[record.byte_start : record.byte_end]
        assert whole.rstrip(b"\n").removesuffix(b"\r") == record.raw
        assert record.reason != "unknown"


def normal(rows: list[tuple]) -> list[tuple]:
    """Decimals at one scale and datetimes in one zone, so that their repr can be compared."""
    return [
        tuple(
            value.quantize(Decimal("0.01")) + 0
            if isinstance(value, Decimal)
            else value.astimezone(UTC).replace(tzinfo=None)
            if isinstance(value, datetime)
            else value
            for value in row
        )
        for row in rows
    ]


def test_oracle_itself_rejects_what_the_rfc_rejects() -> None:
    assert oracle(b'a\n"a\na"b\n"a""b"\n', [("string", True)]) == ([("a",), ('a"b',)], [3, 4])
