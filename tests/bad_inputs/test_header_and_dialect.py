"""Classes header, dialect and encoding of whole files: taken by name where unambiguous, else refused by name."""

from __future__ import annotations

import pytest

from tests.bad_inputs.converted import CONTRACT, Convert

ROWS = b"1,ann,1.5\n2,bob,2.5\n"
GOOD = [(1, "ann", 1.5), (2, "bob", 2.5)]
REFUSED = {
    "no_header.csv": (b"7,eve,1.5\n" + ROWS, "HeaderMismatch"),
    "renamed.csv": (b"id,title,fare\n" + ROWS, "HeaderMismatch"),
    "missing.csv": (b"id,name\n1,ann\n", "HeaderMismatch"),
    "extra.csv": (b"id,name,fare,tip\n1,ann,1.5,1\n", "HeaderMismatch"),
    "twice.csv": (b"id,name,name\n1,ann,1.5\n", "HeaderMismatch"),
    "preamble.csv": (b"report of today\nid,name,fare\n" + ROWS, "HeaderMismatch"),
    "spaces.csv": (b"id, name, fare\n" + ROWS, "HeaderMismatch"),
    "open_quote.csv": (b'id,"name,fare\n' + ROWS, "HeaderMismatch"),
    "semicolons.csv": (b"id;name;fare\n1;ann;1.5\n", "DialectMismatch"),
    "tabs.csv": (b"id\tname\tfare\n1\tann\t1.5\n", "DialectMismatch"),
    "pipes.csv": (b"id|name|fare\n1|ann|1.5\n", "DialectMismatch"),
    "single_quotes.csv": (b"'id','name','fare'\n1,'ann',1.5\n", "DialectMismatch"),
    "cr_only.csv": (b"id,name,fare\r1,ann,1.5\r", "DialectMismatch"),
    "latin_1.csv": ("id,näme,fare\n".encode("latin-1") + ROWS, "EncodingMismatch"),
    "utf_16.csv": ("id,name,fare\n1,ann,1.5\n".encode("utf-16"), "EncodingMismatch"),
    "utf_16_le.csv": ("id,name,fare\n1,ann,1.5\n".encode("utf-16-le"), "EncodingMismatch"),
    "utf_16_be.csv": ("id,name,fare\n1,ann,1.5\n".encode("utf-16-be"), "EncodingMismatch"),
    "zip.csv": (b"PK\x03\x04" + bytes(100), "NotCsv"),
    "gzip.csv": (b"\x1f\x8b\x08\x00" + bytes(100), "NotCsv"),
    "png.csv": (b"\x89PNG\r\n\x1a\n" + bytes(100), "NotCsv"),
    "parquet.csv": (b"PAR1\x15\x04" + bytes(100), "NotCsv"),
    "binary.csv": (bytes(range(256)) * 10, "NotCsv"),
    "empty.csv": (b"", "EmptyFile"),
    "mark_only.csv": (b"\xef\xbb\xbf", "EmptyFile"),
    "header_only.csv": (b"id,name,fare\n", "NoRows"),
    "header_without_end.csv": (b"id,name,fare", "NoRows"),
    "notes.txt": (b"id,name,fare\n" + ROWS, "NotCsv"),
    "part.csv.tmp": (b"id,name,fare\n" + ROWS, "NotCsv"),
    "_hidden.csv": (b"id,name,fare\n" + ROWS, "NotCsv"),
}
TAKEN = {
    "plain": b"id,name,fare\n" + ROWS,
    "other_case": b"ID,Name,FARE\n" + ROWS,
    "reordered": b"fare,id,name\n1.5,1,ann\n2.5,2,bob\n",
    "quoted_header": b'"id","name","fare"\n' + ROWS,
    "byte_order_mark": b"\xef\xbb\xbfid,name,fare\n" + ROWS,
    "crlf": (b"id,name,fare\n" + ROWS).replace(b"\n", b"\r\n"),
    "no_last_line_end": (b"id,name,fare\n" + ROWS)[:-1],
    "crlf_without_last": (b"id,name,fare\n" + ROWS)[:-1].replace(b"\n", b"\r\n"),
    "quoted_everything": b'"id","name","fare"\n"1","ann","1.5"\n"2","bob","2.5"\n',
}


@pytest.mark.parametrize("shape", sorted(TAKEN))
def test_unambiguous_file_is_taken(shape: str, convert: Convert) -> None:
    found = convert({f"{shape}.csv": TAKEN[shape]})
    assert found.rows == GOOD
    assert found.quarantine == []


def test_every_bad_file_is_refused_by_name_and_the_good_one_goes_on(convert: Convert) -> None:
    found = convert({name: data for name, (data, _) in REFUSED.items()} | {"good.csv": TAKEN["plain"]})
    named = {file["key"]: (file["reason"] or "").partition(":")[0] for file in found.ledger["files"]}
    assert named == {name: reason for name, (_, reason) in REFUSED.items()} | {"good.csv": ""}
    assert found.rows == GOOD
    assert {file["rows_read"] for file in found.ledger["files"]} == {0, 2}


def test_refusal_shows_no_value_of_the_file(convert: Convert) -> None:
    found = convert({"no_header.csv": b"4111111111111111,secret,9.99\n" + ROWS})
    reason = found.file("no_header.csv")["reason"]
    assert "secret" not in reason
    assert "4111" not in reason
    assert "id, name, fare" in reason


def test_second_header_is_a_rejected_row_even_where_all_is_text(convert: Convert) -> None:
    contract = "dataset: d\ncolumns: [{name: a, type: string}, {name: b, type: string}]\n"
    found = convert({"two.csv": b"a,b\n1,2\na,b\n3,4\n"}, contract=contract)
    assert found.rows == [("1", "2"), ("3", "4")]
    assert found.reasons == ["repeated_header"]


def test_second_table_in_one_file_is_set_aside(convert: Convert) -> None:
    found = convert({"two.csv": b"id,name,fare\n1,ann,1.5\n\nx,y\n8,9\n2,bob,2.5\n"})
    assert found.rows == GOOD
    assert found.reasons == ["blank", "field_count", "field_count"]


def test_mixed_line_ends_are_set_aside(convert: Convert) -> None:
    found = convert({"mixed.csv": b"id,name,fare\n1,ann,1.5\n2,bob,2.5\n3,cy,3.5\r\n4,d\ry,4.5\n"})
    assert found.rows == GOOD
    assert found.reasons == ["line_end", "line_end"]


def test_truncated_file_is_refused_where_the_contract_asks_for_a_last_line_end(convert: Convert) -> None:
    contract = CONTRACT + "final_newline: required\n"
    found = convert({"cut.csv": b"id,name,fare\n1,ann,1", "whole.csv": TAKEN["plain"]}, contract=contract)
    assert found.file("cut.csv")["reason"].startswith("Truncated: ")
    assert found.rows == GOOD
