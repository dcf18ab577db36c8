"""Rows that are rejected on demand: their places are those of the file, whoever judges, however it is read."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strict_csv.compiled import fastest_judge
from strict_csv.contract import Contract
from strict_csv.excluding import Excluded, ExcludingJudges
from strict_csv.patterns import PatternJudge
from strict_csv.reader import StrictReader
from strict_csv.refusals import DialectMismatch

JUDGES = {"fastest": fastest_judge, "patterns": PatternJudge}


def contract(newlines: str) -> Contract:
    columns = [{"name": "n", "type": "bigint", "nullable": False}, {"name": "t", "type": "string"}]
    return Contract.from_mapping({"dataset": "d", "newlines": newlines, "columns": columns})


def read(data: bytes, *, newlines: str, judges: Any, block_bytes: int) -> tuple[list, list]:
    """(good rows, rejected records as (start, end, line, reason, raw))."""
    reader = StrictReader(contract=contract(newlines), block_bytes=block_bytes, header_bytes=64, judge=judges)
    good, rejected = [], []
    for block in reader.blocks(io.BytesIO(data)):
        good += block.table.to_pylist()
        rejected += [(r.byte_start, r.byte_end, r.line, r.reason, r.raw) for r in block.rejected]
        assert block.bytes_rejected == sum(r.byte_end - r.byte_start for r in block.rejected)
    return good, rejected


ROW = st.sampled_from([b"1,a", b"22,", b"x,bad", b"", b'3,"q"', b'4,"a\nb"', b'5,"\n\n"', b"6,a,b", b'7,""""'])


@settings(max_examples=120, deadline=None)
@given(
    rows=st.lists(ROW, min_size=1, max_size=12),
    line_end=st.sampled_from([b"\n", b"\r\n"]),
    last=st.booleans(),
    newlines=st.sampled_from(["allowed", "forbidden"]),
    chosen=st.sets(st.integers(0, 11)),
    judge=st.sampled_from(sorted(JUDGES)),
    block_bytes=st.integers(1, 80),
)
def test_excluded_rows_move_from_the_good_to_the_rejected(
    rows: list[bytes],
    line_end: bytes,
    last: bool,
    newlines: str,
    chosen: set[int],
    judge: str,
    block_bytes: int,
) -> None:
    data = b"n,t" + line_end + line_end.join(rows) + (line_end if last or not rows[-1] else b"")
    good, rejected = read(data, newlines=newlines, judges=JUDGES[judge], block_bytes=block_bytes)
    ordinals = sorted(ordinal for ordinal in chosen if ordinal < len(good))
    excluded = Excluded(
        ordinals=np.array(ordinals, np.int64), reasons=np.array(ordinals, np.int8) % 2, names=("even", "odd")
    )
    kept, more = read(
        data,
        newlines=newlines,
        judges=ExcludingJudges(excluded=excluded, judges=JUDGES[judge]),
        block_bytes=block_bytes,
    )
    assert kept == [row for ordinal, row in enumerate(good) if ordinal not in ordinals]
    assert [record for record in more if record[3] not in ("even", "odd")] == rejected
    moved = [record for record in more if record[3] in ("even", "odd")]
    assert [record[3] for record in moved] == [("even", "odd")[ordinal % 2] for ordinal in ordinals]
    assert more == sorted(more)
    for (start, end, line, _, raw), ordinal in zip(moved, ordinals, strict=True):
        assert data[start:end].removesuffix(b"\n").removesuffix(b"\r") == raw
        assert raw.split(b",")[0] == str(good[ordinal]["n"]).encode()
        assert data[:start].endswith(b"\n")
        assert line == data[:start].count(b"\n") + 1


@pytest.mark.parametrize("judge", sorted(JUDGES))
def test_file_is_refused_all_the_same(judge: str) -> None:
    excluded = Excluded(ordinals=np.array([0]), reasons=np.array([0], np.int8), names=("one",))
    data = b'n,t\n1,a\n2,"never ends\n'
    with pytest.raises(DialectMismatch):
        read(data, newlines="allowed", judges=ExcludingJudges(excluded=excluded, judges=JUDGES[judge]), block_bytes=80)
