"""Differential test: the reader against an oracle written from RFC 4180 and the contract alone.

The oracle (tests/oracle) shares nothing with the reader. Contracts, records, damage, block sizes and range cuts are
random, drawn by hypothesis, which shrinks what it finds; STRICT_CSV_EXAMPLES sets how many, for a long run.
"""

from __future__ import annotations

import io
import os
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strict_csv.compiled import fastest_judge
from strict_csv.contract import Contract
from strict_csv.judged import JudgeMaker
from strict_csv.patterns import PatternJudge
from strict_csv.reader import StrictReader
from tests.oracle.agreement import differences, found
from tests.oracle.random_files import Case, random_case
from tests.oracle.verdict import Verdict, verdict

EXAMPLES = int(os.environ.get("STRICT_CSV_EXAMPLES", "150"))
CHANCE = st.randoms(use_true_random=False)

judges = pytest.mark.parametrize("judge", [fastest_judge, PatternJudge])
many = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def small_case(chance: Random) -> Case:
    return random_case(chance, most_columns=5, most_records=8, most_damages=3)


def reader_of(case: Case, chance: Random, judge: JudgeMaker) -> StrictReader:
    block_bytes = chance.choice((1, 2, 7, 16, 33, 64, 100, 1000, 100_000))
    return StrictReader(contract=case.contract, block_bytes=block_bytes, header_bytes=32, judge=judge)


@judges
@given(chance=CHANCE)
@many
def test_reader_agrees_with_the_oracle(judge: JudgeMaker, chance: Random) -> None:
    case = small_case(chance)
    assert differences(case.data, reader=reader_of(case, chance, judge), contract=case.contract) == []


@judges
@pytest.mark.parametrize(
    "data",
    [
        b'a,b\n1,"x\r"\n1,"\n',  # the last quoted field never ends
        b'a,b\n"1",2\r,"x"\n2,y\n',  # a CR between two quoted fields: its record is wrong, no other
        b'a,b\n1,"x"\r\n2,y\n',
        b'a,b\r\n1,"x"\n2,y\r\n',
    ],
)
def test_what_random_files_once_found_where_newlines_are_allowed(judge: JudgeMaker, data: bytes) -> None:
    columns = [{"name": "a", "type": "bigint"}, {"name": "b", "type": "string"}]
    contract = Contract.from_mapping({"dataset": "d", "newlines": "allowed", "columns": columns})
    for block_bytes in (1, 5, 9, 100):
        reader = StrictReader(contract=contract, block_bytes=block_bytes, judge=judge)
        assert differences(data, reader=reader, contract=contract) == []


@judges
@given(chance=CHANCE)
@many
def test_parts_of_a_file_come_to_the_whole(judge: JudgeMaker, chance: Random) -> None:
    case = small_case(chance)
    wanted = verdict(case.data, contract=case.contract)
    if wanted.refusals:
        return
    reader = reader_of(case, chance, judge)
    header = reader.header(io.BytesIO(case.data))
    assert header.size_bytes == wanted.header_bytes
    blocks = [
        block
        for start, end, line in cuts(wanted, case.data, chance)
        for block in reader.records(
            io.BytesIO(case.data[start:end]), header=header, byte_start=start, line=line, final=end == len(case.data)
        )
    ]
    assert found(blocks) == (wanted.rows, wanted.rejected)
    whole = [record for block in reader.blocks(io.BytesIO(case.data)) for record in block.rejected]
    assert [record.reason for block in blocks for record in block.rejected] == [record.reason for record in whole]
    assert sum(block.bytes_good + block.bytes_rejected for block in blocks) == len(case.data) - wanted.header_bytes


def cuts(wanted: Verdict, data: bytes, chance: Random) -> list[tuple[int, int, int]]:
    """The body as ranges of whole records: (start, end, 1-based line of the first record)."""
    inner = [start for start in wanted.record_starts[1:] if chance.randrange(2)]
    starts = [wanted.header_bytes, *inner]
    return [(start, end, 1 + data[:start].count(b"\n")) for start, end in zip(starts, [*inner, len(data)], strict=True)]


def test_oracle_itself_rejects_what_the_rfc_rejects() -> None:
    contract = Contract.from_mapping({"dataset": "d", "columns": [{"name": "x", "type": "string"}]})
    seen = verdict(b'x\na\n"a\na"b\n"a""b"\n', contract=contract)
    assert (seen.rows, [place.line for place in seen.rejected]) == ([("a",), ('a"b',)], [3, 4])


def test_oracle_itself_refuses_where_newlines_are_allowed_and_quotes_are_wrong() -> None:
    contract = Contract.from_mapping(
        {"dataset": "d", "newlines": "allowed", "columns": [{"name": "a", "type": "string"}]}
    )
    assert verdict(b'a\n"a\nb"\n', contract=contract).rows == [("a\nb",)]
    assert verdict(b'a\n"a\nb"c\n', contract=contract).refusals == {"DialectMismatch"}
    assert verdict(b'a\n"a\nb\n', contract=contract).refusals == {"DialectMismatch"}
