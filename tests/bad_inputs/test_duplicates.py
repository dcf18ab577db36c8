"""Class duplicates: the same row twice, the same key with other values, the same file under another name."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from tests.bad_inputs.converted import Convert, Converted

KEYED = """
dataset: trips
null_values: ["NA"]
partition_by: [month]
key: [id, day]
columns:
  - {name: month, type: bigint, nullable: false}
  - {name: id, type: bigint, nullable: false}
  - {name: day, type: date}
  - {name: name, type: string}
"""
HEADER = b"month,id,day,name\n"


def set_aside(found: Converted) -> list[tuple[str, int, str]]:
    return [(row["file"], row["line"], row["reason"]) for row in found.quarantine]


def names(found: Converted) -> list[str]:
    return sorted(name for _, _, _, name in found.rows)


def ids(found: Converted) -> list[int]:
    return [id_ for _, id_, *_ in found.rows]


def counts(found: Converted, file: str) -> tuple[int, int, int]:
    entry: dict[str, Any] = found.file(file)
    return entry["rows_curated"], entry["rows_quarantined"], entry["rows_duplicate"]


def test_same_row_twice_in_one_file_is_kept_once(convert: Convert) -> None:
    found = convert({"a.csv": HEADER + b"1,1,2024-01-01,x\n1,2,2024-01-01,y\n1,1,2024-01-01,x\n"}, contract=KEYED)
    assert set_aside(found) == [("a.csv", 4, "duplicate_row")]
    assert found.quarantine[0]["raw"] == b"1,1,2024-01-01,x"
    assert counts(found, "a.csv") == (2, 1, 1)
    assert names(found) == ["x", "y"]


def test_same_key_with_other_values_keeps_the_first_row(convert: Convert) -> None:
    rows = b"1,1,2024-01-01,first\n1,1,2024-01-01,second\n1,1,2024-01-01,\n"
    found = convert({"a.csv": HEADER + rows}, contract=KEYED)
    assert set_aside(found) == [("a.csv", 3, "duplicate_key"), ("a.csv", 4, "duplicate_key")]
    assert names(found) == ["first"]


def test_key_repeats_across_files_and_partitions(convert: Convert) -> None:
    """The partition column is no part of this key, so that another month is another value of the same row."""
    found = convert(
        {
            "b.csv": HEADER + b"1,1,2024-01-01,late\n2,7,2024-01-01,own\n",
            "a.csv": HEADER + b"2,1,2024-01-01,early\n",
        },
        contract=KEYED,
    )
    assert set_aside(found) == [("b.csv", 2, "duplicate_key")]
    assert names(found) == ["early", "own"]
    assert counts(found, "a.csv") == (1, 0, 0)


def test_what_is_committed_comes_before_what_is_new(convert: Convert) -> None:
    convert({"z.csv": HEADER + b"1,1,2024-01-01,old\n"}, contract=KEYED)
    found = convert({"a.csv": HEADER + b"1,1,2024-01-01,new\n1,2,2024-01-01,new\n"}, contract=KEYED)
    assert set_aside(found) == [("a.csv", 2, "duplicate_key")]
    assert names(found) == ["new", "old"]


def test_same_file_under_another_name_is_set_aside_as_a_whole(convert: Convert) -> None:
    data = HEADER + b"1,1,2024-01-01,x\n1,2,NA,y\n"
    convert({"a.csv": data}, contract=KEYED)
    found = convert({"again.csv": data}, contract=KEYED)
    assert set_aside(found) == [("again.csv", 2, "duplicate_row"), ("again.csv", 3, "duplicate_row")]
    assert counts(found, "again.csv") == (0, 2, 2)
    assert ids(found) == [1, 2]


@pytest.mark.parametrize(
    "change", [("key: [id, day]\n", ""), ("key: [id, day]", "key: [id, day]\nduplicates: allowed")]
)
def test_duplicates_are_kept_where_the_contract_has_no_key_or_allows_them(
    change: tuple[str, str], convert: Convert
) -> None:
    data = HEADER + b"1,1,2024-01-01,x\n1,1,2024-01-01,x\n"
    found = convert({"a.csv": data, "again.csv": data}, contract=KEYED.replace(*change))
    assert found.quarantine == []
    assert ids(found) == [1] * 4
    assert counts(found, "a.csv") == counts(found, "again.csv") == (2, 0, 0)


def test_nulls_of_a_key_are_equal(convert: Convert) -> None:
    found = convert({"a.csv": HEADER + b"1,1,,x\n1,1,NA,x\n1,1,1970-01-01,x\n"}, contract=KEYED)
    assert set_aside(found) == [("a.csv", 3, "duplicate_row")]


def test_row_that_is_bad_anyway_shadows_nobody(convert: Convert) -> None:
    rows = b"x,1,2024-01-01,bad\n1,1,2024-01-01,good\n1,1,2024-01-01,again\n1,1,2024-01-32,bad\n"
    found = convert({"a.csv": HEADER + rows}, contract=KEYED)
    assert set_aside(found) == [
        ("a.csv", 2, "value:month:bigint"),
        ("a.csv", 4, "duplicate_key"),
        ("a.csv", 5, "value:day:date"),
    ]
    assert names(found) == ["good"]
    assert counts(found, "a.csv") == (1, 3, 1)


def test_row_of_a_refused_file_shadows_nobody(convert: Convert) -> None:
    contract = KEYED + "final_newline: required\n"
    found = convert(
        {
            "a.csv": HEADER + b"1,1,2024-01-01,refused",
            "b.csv": HEADER + b"1,1,2024-01-01,kept\n",
            "c.csv": HEADER + b"1,1,2024-01-01,late\n",
        },
        contract=contract,
    )
    assert found.file("a.csv")["status"] == "refused"
    assert set_aside(found) == [("c.csv", 2, "duplicate_key")]
    assert names(found) == ["kept"]


def test_place_is_right_where_fields_hold_newlines(convert: Convert) -> None:
    """The fixture compares file, bytes, line and raw text of every row that is quarantined."""
    rows = b'1,1,2024-01-01,"a\nb"\r\n1,2,2024-01-01,"c\n\nd"\r\n1,1,2024-01-01,"a\nb"\r\n1,2,2024-01-01,"c\nd"\r\n'
    data = HEADER.replace(b"\n", b"\r\n") + rows
    found = convert({"a.csv": data}, contract=KEYED + "newlines: allowed\n")
    assert set_aside(found) == [("a.csv", 7, "duplicate_row"), ("a.csv", 9, "duplicate_key")]
    assert names(found) == ["a\nb", "c\n\nd"]


def test_a_second_run_changes_nothing(convert: Convert) -> None:
    data = {"a.csv": HEADER + b"1,1,2024-01-01,x\n1,1,2024-01-01,x\n"}
    assert convert(data, contract=KEYED) == convert({}, contract=KEYED)


def test_compressed_file_and_its_plain_twin_are_the_same_rows(convert: Convert) -> None:
    data = HEADER + b"1,1,2024-01-01,x\n1,2,NA,y\n"
    found = convert({"a.csv": data, "a.csv.gz": gzip.compress(data)}, contract=KEYED)
    assert set_aside(found) == [("a.csv.gz", 2, "duplicate_row"), ("a.csv.gz", 3, "duplicate_row")]
    assert ids(found) == [1, 2]
