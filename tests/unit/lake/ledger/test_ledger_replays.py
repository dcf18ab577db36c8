"""The ledger's arithmetic when quarantined rows are replayed: each row counts once, whatever is added up."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from lab.measure.ledger import Files, Rows, check_equations, counts
from lake.ledger.entry import (
    CONVERTED,
    REPLAYED,
    WRITTEN_ONCE,
    FileEntry,
    LedgerEntry,
    Output,
    in_quarantine,
    merge,
    replay_problems,
)
from pipeline.errors import RowsNotConserved

FIRST = LedgerEntry(
    batch_id="1",
    dataset="trips",
    files=(
        FileEntry(
            key="a.csv", version="v", bytes=9, status=CONVERTED, rows_read=9, rows_curated=5, rows_quarantined=4,
            bytes_header=1, bytes_curated=5, bytes_quarantined=3, header=("b", "a"),
        ),
    ),
    columns={"a": "0" * 16, "b": "0" * 16},
    outputs=(Output(key="curated/1", rows=5, bytes=1),),
    quarantine=(Output(key="quarantine/1", rows=4, bytes=7),),
)  # fmt: skip
REPLAY = LedgerEntry(
    batch_id="2",
    dataset="trips",
    files=(
        FileEntry(
            key="quarantine/1", version=WRITTEN_ONCE, bytes=7, status=REPLAYED, reason="contract", rows_read=4,
            rows_curated=3, rows_quarantined=1,
        ),
    ),
    columns={"a": "0" * 16, "b": "0" * 16},
    outputs=(Output(key="curated/2", rows=3, bytes=1),),
    quarantine=(Output(key="quarantine/2", rows=1, bytes=5),),
)  # fmt: skip
BOTH = merge(earlier=FIRST, later=REPLAY)


@pytest.mark.parametrize(
    ("entry", "read", "curated", "quarantined"), [(FIRST, 9, 5, 4), (REPLAY, 0, 3, -3), (BOTH, 9, 8, 1)]
)
def test_every_row_counts_once(entry: LedgerEntry, read: int, curated: int, quarantined: int) -> None:
    entry.check()
    assert (entry.rows_read, entry.rows_curated, entry.rows_quarantined) == (read, curated, quarantined)
    check_equations({"entry": json.loads(json.dumps(entry.to_mapping()))})


def test_sums_over_a_lane_are_those_of_the_merged_entry() -> None:
    lane = counts([FIRST.to_mapping(), REPLAY.to_mapping()])
    assert lane == (Rows(read=9, curated=8, quarantined=1), Files(read=1))
    assert lane == counts([BOTH.to_mapping()])


def test_only_what_no_replay_covers_is_in_quarantine() -> None:
    assert [output.key for output in in_quarantine([FIRST])] == ["quarantine/1"]
    assert [output.key for output in in_quarantine([FIRST, REPLAY])] == ["quarantine/2"]
    assert [output.key for output in in_quarantine([BOTH])] == ["quarantine/2"]


@pytest.mark.parametrize(
    "lie",
    [
        {"rows_curated": 4},  # a row doubled
        {"rows_quarantined": 0},  # a row lost
        {"rows_read": 3, "rows_quarantined": 0},
    ],
)
def test_a_replay_that_loses_or_doubles_a_row_breaks_an_equation(lie: dict[str, Any]) -> None:
    wrong = replace(REPLAY, files=(replace(REPLAY.files[0], **lie),))
    with pytest.raises(RowsNotConserved):
        wrong.check()
    with pytest.raises(RowsNotConserved):
        merge(earlier=FIRST, later=wrong).check()


@pytest.mark.parametrize("lie", [{"key": "quarantine/9"}, {"rows_read": 3, "rows_curated": 2}, {"bytes": 6}])
def test_a_replay_of_what_was_not_set_aside_is_named(lie: dict[str, Any]) -> None:
    assert list(replay_problems([FIRST, REPLAY])) == []
    wrong = replace(REPLAY, files=(replace(REPLAY.files[0], **lie),))
    assert len(list(replay_problems([FIRST, wrong]))) == 1


def test_entries_written_before_files_had_a_header_still_load() -> None:
    old = FIRST.to_mapping()
    old["files"] = [{name: value for name, value in asdict(FIRST.files[0]).items() if name != "header"}]
    assert LedgerEntry.from_mapping(old).files[0].header == ()
    assert LedgerEntry.from_mapping(json.loads(json.dumps(FIRST.to_mapping()))) == FIRST
