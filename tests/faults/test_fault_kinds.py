"""Each other kind of fault: the terminal status, the one message, and what is left behind are right.

A failed run leaves ledger, curated data and warehouse as they were (I5); a run that recovers holds each row once (I3).
Airflow boots and polls in real time, so it meets only the kinds that its own retries make interesting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from lab.measure.ledger import counting, rows_to_load
from tests.local_pipeline import Ran, Stage

ROWS = 20


@dataclass(frozen=True, kw_only=True)
class Left:
    """What a run leaves behind."""

    curated: frozenset[str]
    ledger: frozenset[str]
    warehouse_rows: int


def left_by(stage: Stage, lane: str) -> Left:
    return Left(
        curated=frozenset(stage.keys(f"curated/{lane}/")),
        ledger=frozenset(stage.ledger(lane)),
        warehouse_rows=stage.warehouse_rows(lane),
    )


def steady(stage: Stage, lane: str) -> None:
    assert stage.first_run(lane).record["status"] == "succeeded", "the steady state"


def assert_told_once(ran: Ran, lane: str, *, status: str, at: str | None = None) -> None:
    where = f" at {at}" if at else ""
    subject = f"{status.upper()}: csv_to_parquet on {lane}{where}"
    assert ran.record["notifications"] == [{"subject": subject, "status": status}]


def attempts_of(record: dict[str, Any], step: str) -> int:
    return next(one["attempt"] for one in record["steps"] if one["name"] == step)


FAILING = [
    ("glue", "convert:times_out", "timed_out"),
    ("glue", "convert:throttled", "failed"),
    ("glue", "convert:denied", "failed"),
    # A workflow does not try again: one death is a failure, unlike below.
    ("glue", "convert:killed:1", "failed"),
    ("glue", "crawl_raw:denied", "failed"),
    ("stepfunctions", "convert:times_out", "failed"),
    ("stepfunctions", "convert:throttled", "failed"),
    ("stepfunctions", "convert:denied", "failed"),
    ("stepfunctions", "crawl_raw:denied", "failed"),
    ("airflow", "convert:denied", "failed"),
]


@pytest.mark.parametrize(("lane", "fault", "status"), FAILING)
def test_fault_that_no_retry_heals_fails_by_name_and_changes_nothing(
    stage: Stage, lane: str, fault: str, status: str
) -> None:
    steady(stage, lane)
    step = fault.split(":")[0]
    before = left_by(stage, lane)
    ran = stage.run(lane, stage.fresh_input(ROWS), fault)
    assert (ran.code, ran.record["status"]) == (1, status), ran.record["error"]
    assert step in ran.record["error"]
    assert_told_once(ran, lane, status="failed", at=step)
    assert left_by(stage, lane) == before
    assert ran.record["rows"] == {"read": 0, "curated": 0, "quarantined": 0}
    assert ran.record["seconds"] > 0
    assert ran.record["cost_usd"]["total"] >= 0
    if fault.endswith("denied") and lane != "glue":
        assert attempts_of(ran.record, step) == 1, "what was denied once is denied again"


RECOVERING = [
    # Glue starts a workflow's jobs itself: there is no reply that could be lost.
    ("glue", ("convert:response_lost:1",), 1),
    ("stepfunctions", ("convert:throttled:1", "convert:response_lost:2"), 1),
    ("stepfunctions", ("convert:killed:1",), 2),
    ("airflow", ("convert:killed:1",), 2),
]


@pytest.mark.parametrize(("lane", "faults", "attempts"), RECOVERING)
def test_run_that_recovers_holds_each_row_once(stage: Stage, lane: str, faults: tuple[str, ...], attempts: int) -> None:
    steady(stage, lane)
    # What earlier failures left uncommitted is converted along with this.
    stage.fresh_input(ROWS)
    before = left_by(stage, lane)
    ran = stage.run(lane, stage.fresh_input(ROWS), *faults)
    assert (ran.code, ran.record["status"]) == (0, "succeeded"), ran.record["error"]
    assert attempts_of(ran.record, "convert") == attempts
    assert_told_once(ran, lane, status="succeeded")
    after = left_by(stage, lane)
    assert before.curated < after.curated
    entries = stage.ledger(lane)
    claimed = [
        (file["key"], file["version"])
        for entry in counting(entries.values())
        for file in entry["files"]
        if file["status"] == "converted"
    ]
    assert len(claimed) == len(set(claimed)), "each object version is in one committed batch"
    added = after.warehouse_rows - before.warehouse_rows
    assert added == ran.record["rows"]["curated"] >= ROWS
    assert after.warehouse_rows == rows_to_load(entries)
