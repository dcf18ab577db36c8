"""A file read in parts is the file read whole; columns that a file lacks are null."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from strict_csv.compiled import fastest_judge
from strict_csv.contract import Contract
from strict_csv.header import Header
from strict_csv.judged import JudgeMaker
from strict_csv.patterns import PatternJudge
from strict_csv.reader import Block, StrictReader
from strict_csv.refusals import DialectMismatch, Truncated
from strict_csv.typed import arrow_schema

COLUMNS = [{"name": "id", "type": "bigint", "nullable": False}, {"name": "name", "type": "string"}]
CONTRACT = Contract.from_mapping({"dataset": "d", "columns": COLUMNS})
HEADER, BODY = b"id,name\n", b"1,a\nx,b\n3,c\n4\n5,e"


def seen(blocks: list[Block]) -> tuple[list[dict], list[tuple]]:
    rows = [row for block in blocks for row in block.table.to_pylist()]
    return rows, [(r.byte_start, r.byte_end, r.line, r.reason, r.raw) for block in blocks for r in block.rejected]


@pytest.mark.parametrize("cut", [0, 4, 8, 12, 14])
def test_two_parts_are_the_whole(cut: int) -> None:
    reader = StrictReader(contract=CONTRACT, block_bytes=5)
    header = reader.header(io.BytesIO(HEADER + BODY))
    blocks = []
    for start, part, final in ((0, BODY[:cut], False), (cut, BODY[cut:], True)):
        line = header.next_line + BODY[:start].count(b"\n")
        byte_start = header.size_bytes + start
        blocks += reader.records(io.BytesIO(part), header=header, byte_start=byte_start, line=line, final=final)
    assert seen(blocks) == seen(list(reader.blocks(io.BytesIO(HEADER + BODY))))


def test_missing_last_line_end_is_judged_in_the_final_part_only() -> None:
    reader = StrictReader(contract=replace(CONTRACT, final_newline="required"))
    header = reader.header(io.BytesIO(HEADER + BODY))
    part = {"header": header, "byte_start": header.size_bytes, "line": 2}
    assert seen(list(reader.records(io.BytesIO(b"1,a\n"), final=False, **part)))[0] == [{"id": 1, "name": "a"}]
    with pytest.raises(Truncated):
        list(reader.records(io.BytesIO(b"1,a"), final=True, **part))


def test_column_that_the_file_lacks_is_null() -> None:
    header = Header(columns=CONTRACT.columns[:1], size_bytes=3, line_end="\n", text=b"id\n")
    blocks = list(
        StrictReader(contract=CONTRACT).records(io.BytesIO(b"7\n8\n"), header=header, byte_start=3, line=2, final=True)
    )
    assert seen(blocks)[0] == [{"id": 7, "name": None}, {"id": 8, "name": None}]


@pytest.mark.parametrize("judge", [fastest_judge, PatternJudge])
@pytest.mark.parametrize("newlines", ["forbidden", "allowed"])
def test_file_of_an_older_version_is_read_with_typed_nulls(judge: JudgeMaker, newlines: str) -> None:
    types = ("string", "bigint", "double", "boolean", "date", "timestamp", "decimal(8,2)", "decimal(30,4)")
    added = [{"name": f"c{place}", "type": kind, "since": 2} for place, kind in enumerate(types)]
    contract = Contract.from_mapping(
        {"dataset": "d", "version": 2, "newlines": newlines, "columns": [*COLUMNS, *added], "null_values": ["NA"]}
    )
    reader = StrictReader(contract=contract, judge=judge, block_bytes=8)
    blocks = list(reader.blocks(io.BytesIO(b"name,id\na,1\nNA,2\nb,x\nc,3,4\n\xff,5\nd,6\n")))
    rows, rejected = seen(blocks)
    assert [(row["id"], row["name"]) for row in rows] == [(1, "a"), (2, None), (6, "d")]
    assert {row[column["name"]] for row in rows for column in added} == {None}
    assert all(block.table.schema.types == arrow_schema(contract).types for block in blocks)
    assert [reason for *_, reason, _ in rejected] == ["value:id:bigint", "field_count", "encoding"]
    assert {block.columns for block in blocks} == {("name", "id")}


@pytest.mark.parametrize("judge", [fastest_judge, PatternJudge])
def test_quoted_field_that_never_ends_is_refused_at_its_place(judge: JudgeMaker) -> None:
    reader = StrictReader(contract=replace(CONTRACT, newlines="allowed"), judge=judge)
    with pytest.raises(DialectMismatch, match="starts after byte 12 never ends"):
        list(reader.blocks(io.BytesIO(HEADER + b'1,a\n2,"c\n4,d\n')))
