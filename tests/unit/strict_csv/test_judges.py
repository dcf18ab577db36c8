"""The compiled core against the patterns, on blocks of hundreds of records: the two must say the same, to the bit.

The oracle of test_oracle.py is slow and thorough; this is fast, and so sees more values and longer blocks.
"""

from __future__ import annotations

import io
import os
from dataclasses import replace
from random import Random

import numpy as np
import pyarrow as pa
import pytest

from strict_csv.compiled import CompiledJudge
from strict_csv.contract import Contract
from strict_csv.core import load_core
from strict_csv.judged import Judged
from strict_csv.patterns import PatternJudge
from strict_csv.reader import StrictReader
from tests.oracle.judgements import disagreements
from tests.oracle.random_files import random_contract, random_file

BLOCKS = int(os.environ.get("STRICT_CSV_BLOCKS", "24"))


def judgements(data: bytes, contract: Contract) -> tuple[Judged, Judged]:
    """The core's and the patterns', of the records of a file that ends with a line end."""
    core = load_core()
    assert core is not None, "run make setup: it compiles the core"
    header = StrictReader(contract=contract).header(io.BytesIO(data))
    body = data[header.size_bytes :]
    return (
        CompiledJudge(core=core, contract=contract, header=header).judge(body),
        PatternJudge(contract=contract, header=header).judge(body),
    )


@pytest.mark.parametrize("seed", range(BLOCKS))
def test_core_and_patterns_say_the_same(seed: int) -> None:
    chance = Random(seed)
    contract = random_contract(chance, most_columns=8)
    for damages in (0, 3, 40):
        case = random_file(chance, contract, records=150, damages=damages)
        assert disagreements(*judgements(case.data + case.line_end, contract)) == []


@pytest.mark.parametrize("kind", ["double", "bigint", "decimal(18,4)", "decimal(38,10)", "timestamp", "date"])
def test_a_long_column_of_one_type(kind: str) -> None:
    contract = Contract.from_mapping({"dataset": "d", "columns": [{"name": "a", "type": kind, "nullable": False}]})
    case = random_file(Random(kind), contract, records=3000, damages=0)
    core, patterns = judgements(case.data + case.line_end, contract)
    assert disagreements(core, patterns) == []
    assert core.table.num_rows > 500


def test_doubles_next_to_powers_of_two_and_ties() -> None:
    chance = Random(2)
    texts = []
    for _ in range(4000):
        places = chance.randrange(0, 20)
        near = 2 ** chance.randrange(40, 64) * 10 ** chance.randrange(0, 20)
        while near >= 10**19:
            near //= 10
        digits = str(max(0, near + chance.choice((0, 1, -1, chance.randrange(-600, 600), chance.randrange(-9, 9)))))
        padded = digits.zfill(places + 1)
        texts.append(padded[: len(padded) - places] + ("." + padded[len(padded) - places :] if places else ""))
    contract = Contract.from_mapping({"dataset": "d", "columns": [{"name": "a", "type": "double"}]})
    core, patterns = judgements(("a\n" + "\n".join(texts) + "\n").encode(), contract)
    assert disagreements(core, patterns) == []
    assert core.table.num_rows > 500


def test_more_rejected_and_doubtful_records_than_one_call_of_the_core_can_tell() -> None:
    contract = Contract.from_mapping({"dataset": "d", "columns": [{"name": "a", "type": "double"}]})
    lines = ["x", "0.5000000000000000000000", "7", "0.10000000000000000001"] * 40_000
    core, patterns = judgements(("a\n" + "\n".join(lines) + "\n").encode(), contract)
    assert disagreements(core, patterns) == []
    assert (len(core.starts), core.table.num_rows) == (80_000, 80_000)


def test_another_value_place_or_reason_is_noticed() -> None:
    contract = Contract.from_mapping({"dataset": "d", "columns": [{"name": "a", "type": "double"}]})
    core, patterns = judgements(b"a\n0.0\nx\n", contract)
    assert disagreements(core, patterns) == []
    assert disagreements(core, replace(patterns, reasons=np.array(["quotes"], object))) == ["reasons"]
    assert disagreements(core, replace(patterns, starts=patterns.starts + 1)) == ["starts"]
    assert disagreements(core, replace(patterns, table=pa.table([[-0.0]], schema=patterns.table.schema))) == ["a"]
    assert disagreements(core, replace(patterns, table=patterns.table.slice(1))) == ["rows"]
