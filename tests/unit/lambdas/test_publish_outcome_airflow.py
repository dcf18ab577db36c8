"""A DAG run is told by its own task, or by the sweep where that could not call: MWAA sends no events."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.publish_outcome.airflow import DagOutcomes
from lambdas.publish_outcome.dag_runs import DagRuns
from pipeline.steps import PIPELINE, Kind
from tests.unit.lambdas.outcome_store import FakeStore, log_of

WORK = [step.name for step in PIPELINE.steps if step.kind is not Kind.NOTIFY]
SWEEP = {"detail-type": "Scheduled Event", "time": "2026-11-20T12:15:00Z", "detail": {}}
PATH_LIMIT = 64
"""Of MWAA's InvokeRestApi."""


def dag_run(run_id: str, state: str, *, start: str = "2026-11-20T12:00:00.123456Z") -> dict[str, Any]:
    return {"dag_run_id": run_id, "state": state, "start_date": start}


class FakeAws(FakeStore):
    """Airflow's REST API behind MWAA's, in pages of two runs; `tasks` are states by run and task."""

    def __init__(self, *runs: dict[str, Any], tasks: dict[str, dict[str, str | None]] | None = None) -> None:
        super().__init__()
        self.runs, self.tasks = list(runs), tasks or {}

    def invoke_rest_api(
        self, *, Name: str, Method: str, Path: str, QueryParameters: Any = None, Body: Any = None
    ) -> dict[str, Any]:
        assert Name == "env"
        assert len(Path) <= PATH_LIMIT
        if Method == "GET":
            assert Path == "/dags/csv_to_parquet/dagRuns"
            assert QueryParameters["end_date_gte"] == "2026-11-18T12:15:00Z"
            at = QueryParameters["offset"]
            page = self.runs[at : at + QueryParameters["limit"]]
            return {"RestApiResponse": {"dag_runs": page, "total_entries": len(self.runs)}}
        assert (Path, Body["dag_ids"]) == ("/dags/~/dagRuns/~/taskInstances/list", ["csv_to_parquet"])
        states = self.tasks[Body["dag_run_ids"][0]]
        return {"RestApiResponse": {"task_instances": [{"task_id": n, "state": s} for n, s in states.items()]}}


def answer(aws: FakeAws, event: dict[str, Any]) -> int:
    runs = DagRuns(mwaa=aws, environment="env", dag="csv_to_parquet", lane="airflow")
    return DagOutcomes(lane="airflow", runs=runs, publisher=aws.publisher("airflow")).answer(event)


def notice(run_id: str, status: str, start: str = "2026-11-20T12:00:00.123456+00:00", **more: Any) -> dict[str, Any]:
    return {"notify": {"run_id": run_id, "start": start, "status": status, **more}}


def test_what_the_dag_told_the_sweep_does_not_tell_again() -> None:
    aws = FakeAws(dag_run("r", "success"))
    assert answer(aws, notice("r", "succeeded")) == 1
    assert answer(aws, SWEEP) == 0
    assert [message["subject"] for message in aws.messages] == ["SUCCEEDED: csv_to_parquet on airflow"]


def test_a_failure_that_the_dag_told_is_told_in_its_own_words() -> None:
    states = dict.fromkeys(WORK, "success") | {"verify": "failed", "aggregate": "upstream_failed"}
    aws = FakeAws(dag_run("r", "failed"), tasks={"r": states})
    assert answer(aws, notice("r", "failed", failed_step="verify", error="ChecksumMismatched: flights")) == 1
    assert answer(aws, SWEEP) == 0
    assert aws.messages[0]["error"] == "ChecksumMismatched: flights"


def test_the_log_that_the_dag_told_is_named() -> None:
    aws = FakeAws(dag_run("r", "failed"))
    told = {"job_run": "jr_1", "groups": ["/aws-glue/jobs/output", "/aws-glue/jobs/error"]}
    answer(aws, notice("r", "failed", failed_step="verify", error="ChecksumMismatched: flights", log=told))
    assert log_of(aws.messages[0]) == {
        "log": aws.messages[0]["log"],
        "job_run": "jr_1",
        "log_groups": ["/aws-glue/jobs/output", "/aws-glue/jobs/error"],
        "log_stream": "jr_1-driver",
    }


def test_a_failed_crawl_that_the_dag_told_names_no_log() -> None:
    aws = FakeAws(dag_run("r", "failed"))
    answer(aws, notice("r", "failed", failed_step="crawl_raw", error=None, log=None))
    assert (aws.messages[0]["failed_step"], log_of(aws.messages[0])) == ("crawl_raw", {})


def test_a_run_that_could_not_call_is_told_by_the_sweep_where_it_failed() -> None:
    states: dict[str, str | None] = {"crawl_raw": "success", "convert": "failed", "notify_failure": "failed"}
    aws = FakeAws(dag_run("r", "failed"), tasks={"r": states})
    assert [answer(aws, SWEEP), answer(aws, SWEEP)] == [1, 0]
    [message] = aws.messages
    assert message["subject"] == "FAILED: csv_to_parquet on airflow at convert"
    assert "step convert is failed" in message["error"]
    assert log_of(message) == {}, "Airflow's REST API does not tell the sweep which job run it was"


def test_a_run_that_was_ended_from_outside_is_told_where_it_stood() -> None:
    aws = FakeAws(dag_run("r", "failed"), tasks={"r": {"crawl_raw": "success", "convert": None}})
    assert answer(aws, SWEEP) == 1
    assert aws.messages[0]["failed_step"] == "convert"
    assert "not started" in aws.messages[0]["error"]


def test_work_that_is_done_succeeded_even_if_its_message_could_not_be_sent() -> None:
    aws = FakeAws(dag_run("r", "failed"), tasks={"r": dict.fromkeys(WORK, "success") | {"notify": "failed"}})
    assert answer(aws, SWEEP) == 1
    assert aws.messages[0]["status"] == "succeeded"


def test_a_cleared_run_that_ends_again_is_told_again() -> None:
    states = {"r": {"crawl_raw": "failed"}}
    aws = FakeAws(dag_run("r", "failed"), tasks=states)
    assert answer(aws, SWEEP) == 1
    aws.runs = [dag_run("r", "failed", start="2026-11-20T12:05:00Z")]
    assert [answer(aws, SWEEP), answer(aws, SWEEP)] == [1, 0]


@pytest.mark.parametrize("count", [1, 100, 101, 250])
def test_every_run_of_every_page_is_told(count: int) -> None:
    aws = FakeAws(*(dag_run(f"r{number}", "success") for number in range(count)))
    assert answer(aws, SWEEP) == count
    assert len({message["run_id"] for message in aws.messages}) == count
