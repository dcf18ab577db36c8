"""No success on a status alone: each thing that was measured can overrule it. Nothing makes a failure better."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab.experiment import Experiment, Scene
from lab.measure.mailbox import Notification
from lab.orchestrators.run_state import RunState, Status, StepRun
from lab.records import Comparison, Input, RunRecord, not_run
from lab.verdict import Evidence, objection, with_equal_digests
from pipeline.steps import PIPELINE
from strict_csv.contract import Contract
from tests.unit.lab.fake_pipeline import BEGAN, FakeOrchestrator, FakeTime, Nothing, said

ENTRY: dict[str, Any] = {
    "batch_id": "b1",
    "dataset": "planes",
    "columns": {},
    "files": [
        {
            "key": "landing/planes/a.csv",
            "version": "v1",
            "bytes": 1,
            "status": "converted",
            "rows_read": 2,
            "rows_curated": 2,
            "rows_quarantined": 0,
        }
    ],
    "rows_read": 2,
    "rows_curated": 2,
    "rows_quarantined": 0,
    "outputs": [{"key": "x", "rows": 2, "bytes": 1}],
}


GOOD = Evidence(
    entries={"a": ENTRY}, landed=(), notifications=(said("succeeded"),), output_digest="d", warehouse_rows=2
)


def test_evidence_that_agrees_is_not_objected_to() -> None:
    assert objection(GOOD) is None


REFUSED = {**ENTRY["files"][0], "status": "refused", "reason": "HeaderMismatch: x", "rows_read": 0, "rows_curated": 0}
OPEN = {
    **ENTRY,
    "files": [REFUSED],
    "outputs": [],
    "rows_read": 0,
    "rows_curated": 0,
    "at": "2026-11-20T12:00:00+00:00",
}
BAD_ROW = {**ENTRY["files"][0], "rows_curated": 1, "rows_quarantined": 1}
HELD = {
    **ENTRY,
    "files": [BAD_ROW],
    "rows_curated": 1,
    "rows_quarantined": 1,
    "outputs": [{"key": "x", "rows": 1, "bytes": 1}],
    "tolerated": 0.01,
}
WITHDRAWN = {"kind": "withdraw", "batch_id": "w", "dataset": "planes", "files": [], "columns": {}, "batches": ["b1"]}
PLANES = Contract.from_mapping({"dataset": "planes", "columns": [{"name": "a", "type": "string"}]})


@pytest.mark.parametrize(
    ("entries", "warehouse_rows", "name"),
    [
        ({"1": OPEN}, 0, "TooMuchRejected"),
        ({"1": HELD}, 0, "TooMuchRejected"),
        ({"1": HELD}, 1, "RowsNotConserved"),
        (
            {"1": ENTRY, "2": {**WITHDRAWN, **dict.fromkeys(("rows_read", "rows_curated", "rows_quarantined"), 0)}},
            0,
            None,
        ),
    ],
)
def test_what_is_refused_or_held_is_no_success_whatever_the_run_says(
    entries: dict[str, Any], warehouse_rows: int, name: str | None
) -> None:
    entries = {key: {"outputs": [], **entry} for key, entry in entries.items()}
    found = objection(replace(GOOD, entries=entries, warehouse_rows=warehouse_rows, contracts={"planes": PLANES}))
    assert (found.name if found else None) == name


def test_dataset_that_stays_in_the_lake_is_not_missed_in_the_warehouse() -> None:
    contracts = {"planes": replace(PLANES, warehouse=False)}
    assert objection(replace(GOOD, warehouse_rows=0, contracts=contracts)) is None


@pytest.mark.parametrize(
    ("lie", "name"),
    [
        ({"warehouse_rows": 1}, "RowsNotConserved"),
        ({"warehouse_rows": 4}, "RowsNotConserved"),
        ({"warehouse_rows": None}, "RowsNotConserved"),
        ({"output_digest": None}, "ChecksumMismatched"),
        ({"notifications": ()}, "NotificationFailed"),
        ({"notifications": (said("failed"),)}, "NotificationFailed"),
        ({"notifications": (said("succeeded"), said("succeeded"))}, "NotificationFailed"),
        ({"entries": {"a": {**ENTRY, "rows_read": 3}}}, "RowsNotConserved"),
        ({"entries": {"a": ENTRY, "b": ENTRY}}, "RowsNotConserved"),
        (
            {"landed": (SimpleNamespace(version="v9", file=SimpleNamespace(key="landing/x", rows=1)),)},
            "RowsNotConserved",
        ),
    ],
)
def test_evidence_that_disagrees_is_named(lie: dict[str, Any], name: str) -> None:
    found = objection(replace(GOOD, **lie))
    assert found is not None
    assert found.name == name


def record(orchestrator: str, status: str, digest: str | None) -> RunRecord:
    return replace(
        not_run(orchestrator, error=None if status == "succeeded" else "Boom", at=BEGAN),
        run_id="run",
        status=Status(status),
        ended_at=BEGAN + timedelta(seconds=9),
        overhead_seconds=1.0,
        notifications=(said("succeeded"),),
        output_digest=digest,
        warehouse_rows=2,
    )


def test_lane_with_other_rows_is_failed_by_name() -> None:
    runs = with_equal_digests([record("glue", "failed", "z"), record("airflow", "succeeded", "a")])
    assert [run.status for run in runs] == ["failed", "succeeded"], "a failed lane is no yardstick"
    runs = with_equal_digests([record("glue", "succeeded", "a"), record("airflow", "succeeded", "b")])
    assert [run.status for run in runs] == ["succeeded", "failed"]
    assert "ChecksumMismatched" in (runs[1].error or "")


@pytest.mark.parametrize("runs", [(), (record("glue", "succeeded", "a"), record("airflow", "failed", "a"))])
def test_comparison_succeeds_only_if_every_run_did(runs: tuple[RunRecord, ...]) -> None:
    found = Comparison(on="local", started_at=BEGAN, input=Input(files=1, bytes=1, rows=1), runs=runs)
    assert not found.succeeded
    assert replace(found, runs=runs[:1]).succeeded == bool(runs)


def run(orchestrator: FakeOrchestrator, *notifications: Notification) -> RunRecord:
    nothing = Nothing(notifications)
    scene = Scene(
        on="local",
        bucket="data",
        datasets=("planes",),
        resources=lambda _lane: {step.name: step.name for step in PIPELINE.steps},
        schema=lambda lane: lane,
        rpu=8,
        mwaa_class="mw1.small",
        s3=nothing,
        glue=nothing,
        warehouse=nothing,
        mailbox=nothing,  # type: ignore[arg-type]
        meter=nothing,
    )
    experiment = Experiment(
        scene=scene, pipeline=PIPELINE, clock=FakeTime().clock(), poll_seconds=10.0, progress=lambda *_: None
    )
    return experiment.run(orchestrator, ())


def test_green_run_that_committed_nothing_is_failed() -> None:
    found = run(FakeOrchestrator(looks=3, end=RunState(status="succeeded")), said("succeeded"))
    assert found.status == "failed"
    assert found.error is not None


def test_failed_run_is_recorded_with_time_cost_and_calls() -> None:
    found = run(FakeOrchestrator(looks=3, end=RunState(status="failed", error="Boom")), said("failed"))
    assert (found.status, found.error, found.seconds) == ("failed", "Boom", 20.0)
    assert found.cost_usd is not None
    assert found.api_calls == {"glue:StartCrawler": 1}


def test_run_that_never_ends_is_stopped_and_named() -> None:
    endless = FakeOrchestrator(looks=None, end=RunState(status="running"))
    found = run(endless)
    assert (found.status, endless.stopped) == ("timed_out", ["run"])
    assert "RunStalled: nothing changed" in (found.error or "")
    assert "convert is running" in (found.error or "")


def test_start_that_is_refused_is_a_failed_run() -> None:
    refused = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "StartWorkflowRun")
    found = run(FakeOrchestrator(looks=1, end=RunState(status="succeeded"), error=refused))
    assert (found.status, found.run_id) == ("failed", None)
    assert "AccessDeniedException" in (found.error or "")


def test_record_has_exactly_the_documented_keys() -> None:
    ended = RunState(status=Status.FAILED, error="Boom", steps=(StepRun(name="convert", error="Boom"),))
    one = run(FakeOrchestrator(looks=1, end=ended), said("failed"))
    whole = Comparison(on="local", started_at=BEGAN, input=Input(files=1, bytes=1, rows=1), runs=(one,)).as_json()
    assert set(whole) == {"on", "started_at", "input", "runs"}
    [found] = whole["runs"]
    assert found["notifications"] == [{"subject": "FAILED", "status": "failed"}]
    assert set(found["steps"][0]) == {"name", "status", "attempt", "started_at", "ended_at", "seconds"}
    assert set(found) == {
        "orchestrator",
        "run_id",
        "status",
        "error",
        "started_at",
        "ended_at",
        "seconds",
        "steps",
        "overhead_seconds",
        "api_calls",
        "transitions",
        "notifications",
        "rows",
        "files",
        "rejected",
        "repeats",
        "job_runs",
        "output_digest",
        "warehouse_rows",
        "cost_usd",
    }
    assert list(found["cost_usd"]) == ["orchestrator", "crawl", "jobs", "warehouse", "total", "basis"]
