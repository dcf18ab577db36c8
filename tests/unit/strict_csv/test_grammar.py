"""Exact spellings, type by type: each text alone in a column, through the whole reader."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from strict_csv.contract import Contract
from strict_csv.reader import StrictReader

GOOD = {
    "bigint": {
        "0": 0, "-1": -1, "10": 10, "9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63),
        "8999999999999999999": 8999999999999999999, '"7"': 7, "": None, "NA": None,
    },
    "double": {
        "0": 0.0, "-0.0": -0.0, ".5": 0.5, "-.88": -0.88, "1e3": 1000.0, "1E-3": 0.001,
        "10.357019999999999": 10.357019999999999,
        "-73.872024536132813": -73.872024536132813, "1.7976931348623157e308": 1.7976931348623157e308, "5e-324": 5e-324,
        "10.350000000000000000": 10.35, '"1.5"': 1.5, "NA": None,
    },
    "decimal(5,2)": {
        "0": Decimal("0"), "999.99": Decimal("999.99"), "-1.5": Decimal("-1.5"),
        ".25": Decimal(".25"), "": None,
    },
    "decimal(3,0)": {"999": Decimal(999), "-10": Decimal(-10)},
    "decimal(2,2)": {"0.99": Decimal("0.99"), ".01": Decimal(".01"), "0": Decimal(0)},
    "decimal(38,10)": {"1234567890123456789012345678.0123456789": Decimal("1234567890123456789012345678.0123456789")},
    "boolean": {"true": True, "false": False, '"true"': True, "NA": None},
    "date": {
        "2024-02-29": date(2024, 2, 29), "2000-02-29": date(2000, 2, 29),
        "0001-01-01": date(1, 1, 1), "9999-12-31": date(9999, 12, 31),
    },
    "timestamp": {
        "2013-01-01T10:00:00Z": datetime(2013, 1, 1, 10, tzinfo=UTC),
        "2013-01-01 10:00:00": datetime(2013, 1, 1, 10, tzinfo=UTC),
        "2016-02-29 23:59:59.123456": datetime(2016, 2, 29, 23, 59, 59, 123456, tzinfo=UTC),
        "2016-02-29T23:59:59.5Z": datetime(2016, 2, 29, 23, 59, 59, 500000, tzinfo=UTC),
        "0001-01-01 00:00:00": datetime(1, 1, 1, tzinfo=UTC),
    },
    "string": {
        "plain": "plain", '""': "", '"NA"': "NA", "NA": None, "": None, '"a,b"': "a,b",
        '"say ""hi"""': 'say "hi"', " x ": " x ",
        "N/A": "N/A", "null": "null", "\ufeffmark": "\ufeffmark", "=1+1": "=1+1",
        "\t": "\t", "ä€😀": "ä€😀", "\\": "\\",
    },
}  # fmt: skip
BAD = {
    "bigint": [
        "+1", "-0", "01", "1.0", "1e3", " 1", "1 ", "1,000", '"1,000"', "9223372036854775808", "-9223372036854775809",
        "9999999999999999999", "10000000000000000000", "0x1", "١", '""', '"NA"', "na", "--1", "-", "1_000", "NULL",
    ],
    "double": [
        "+1", "5.", ".", "-", "e3", "1e", "1e+", "NaN", "nan", "inf", "-Infinity", "1e400", "-1e400", "1e-400", "01.5",
        "0x1p3", "1,5", '"1,5"', "1d3", "0.12345678901234567891", "9007199254740993",
        "12345678901234567890", "1e1000", "",
    ],
    "decimal(5,2)": ["1000", "1.234", "1.500", "1e2", "+1", "01", "5.", "NaN", "1,5", "$5", "1 000"],
    "decimal(3,0)": ["1000", "1.0", "1."],
    "decimal(2,2)": ["1", "1.00", "0.001"],
    "decimal(38,10)": ["12345678901234567890123456789"],
    "boolean": ["True", "TRUE", "1", "0", "t", "yes", "falsee"],
    "date": [
        "2023-02-29", "1900-02-29", "2024-02-30", "2024-04-31", "2024-13-01", "2024-00-01", "2024-01-00", "0000-01-01",
        "2024-1-1", "01/02/2024", "2024-01-01 ", "20240101", "2024-01-01T00:00:00", "24-01-01", "10000-01-01",
    ],
    "timestamp": [
        "2024-01-01", "2024-01-01T24:00:00", "2024-01-01T23:60:00", "2024-01-01T23:59:60",
        "2024-02-30T00:00:00", "2024-01-01t00:00:00",
        "2024-01-01T00:00:00z", "2024-01-01T00:00:00+00:00", "2024-01-01T00:00",
        "2024-01-01T00:00:00.", "2024-01-01T00:00:00.1234567",
        "2024-01-01  00:00:00", "1704067200", "2024-01-01T00:00:00 Z",
    ],
    "string": ['"', 'a"', '"a', '"a"b', 'a"b"', ' "a"', '"a" ', "a\rb", "a\0b", "\\\"", '"""'],
}  # fmt: skip


def read(kind: str, text: str, *, nullable: bool = True) -> tuple[list, list[str]]:
    contract = Contract.from_mapping(
        {
            "dataset": "d",
            "null_values": ["NA"],
            "columns": [{"name": "a", "type": "bigint"}, {"name": "x", "type": kind, "nullable": nullable}],
        }
    )
    blocks = list(StrictReader(contract=contract).blocks(io.BytesIO(b"a,x\n1," + text.encode() + b"\n2,\n")))
    values = [value for block in blocks for value in block.table.column("x").to_pylist()]
    return values, [record.reason for block in blocks for record in block.rejected]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in GOOD.items() for text in texts])
def test_exact_spelling_is_taken_unchanged(kind: str, text: str) -> None:
    values, reasons = read(kind, text)
    assert reasons == []
    assert values == [GOOD[kind][text], None]
    assert (str(values[0]) == "-0.0") == (text == "-0.0")


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in BAD.items() for text in texts if text])
def test_other_spelling_is_rejected_and_its_neighbour_is_not(kind: str, text: str) -> None:
    values, reasons = read(kind, text)
    assert values == [None]
    assert len(reasons) == 1
    assert reasons[0] != "unknown"


@pytest.mark.parametrize("kind", sorted(GOOD))
@pytest.mark.parametrize("text", ["", "NA"])
def test_null_in_a_column_that_may_not_be_is_rejected(kind: str, text: str) -> None:
    values, reasons = read(kind, text, nullable=False)
    assert values == []
    assert reasons == ["null:x", "null:x"]


def test_empty_and_na_text_in_quotes_are_no_nulls() -> None:
    assert read("string", '""', nullable=False)[0] == [""]
    assert read("string", '"NA"', nullable=False)[0] == ["NA"]
