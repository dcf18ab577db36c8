"""Measuring: ledger equations, digest, work, calls, mailbox, warehouse, cost. Each lie is caught."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lab.measure import prices
from lab.measure.api_calls import grouped
from lab.measure.cost import cost_of
from lab.measure.digest import digest_of_files
from lab.measure.job_runs import JobRuns
from lab.measure.ledger import check_equations, check_input, counts
from lab.measure.mailbox import Mailbox, parsed
from lab.measure.warehouse import RowCounts
from lab.measure.work import Work, critical_path_seconds, work_of
from pipeline.errors import LoadFailed, LoadTimedOut, RowsNotConserved
from pipeline.steps import PIPELINE

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)


def entry(**other: Any) -> dict[str, Any]:
    file = {
        "key": "landing/planes/a.csv",
        "version": "v1",
        "bytes": 9,
        "status": "converted",
        "reason": None,
        "rows_read": 3,
        "rows_curated": 2,
        "rows_quarantined": 1,
    }
    return {
        "dataset": "planes",
        "files": [file],
        "rows_read": 3,
        "rows_curated": 2,
        "rows_quarantined": 1,
        "outputs": [{"key": "x.parquet", "rows": 2, "bytes": 1}],
        **other,
    }


def test_equations_that_hold_pass() -> None:
    check_equations({"a": entry()})
    assert counts([entry(), entry()])[0].read == 6


@pytest.mark.parametrize(
    "lie",
    [
        {"rows_read": 4},
        {"rows_curated": 3, "rows_quarantined": 0},
        {"outputs": [{"key": "x.parquet", "rows": 1, "bytes": 1}]},
        {"outputs": []},
    ],
)
def test_equation_that_does_not_hold_is_named(lie: dict[str, Any]) -> None:
    with pytest.raises(RowsNotConserved, match="a:"):
        check_equations({"a": entry(**lie)})


def test_object_version_in_two_batches_is_named() -> None:
    with pytest.raises(RowsNotConserved, match="two committed batches, a and b"):
        check_equations({"a": entry(), "b": entry()})


class Landed:
    """What the lab put there."""

    def __init__(self, *, version: str, rows: int) -> None:
        self.version = version
        self.file = type("File", (), {"key": "landing/planes/a.csv", "rows": rows})()


def test_input_must_be_committed_as_counted() -> None:
    check_input({"a": entry()}, [Landed(version="v1", rows=3)])
    with pytest.raises(RowsNotConserved, match="in no committed batch"):
        check_input({"a": entry()}, [Landed(version="v2", rows=3)])
    with pytest.raises(RowsNotConserved, match="has 4 rows, 3 were read"):
        check_input({"a": entry()}, [Landed(version="v1", rows=4)])


def parquet(path: Path, rows: list[dict[str, Any]]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema([("a", pa.int64()), ("b", pa.string())])), path)
    return str(path)


def test_digest_is_free_of_order_layout_and_partitioning(tmp_path: Path) -> None:
    rows = [{"a": 1, "b": "x"}, {"a": 2, "b": None}, {"a": 3, "b": ""}]
    one = parquet(tmp_path / "one/p.parquet", rows)
    split = [parquet(tmp_path / "two/p.parquet", rows[2:]), parquet(tmp_path / "two/q.parquet", rows[1::-1])]
    assert digest_of_files([one]) == digest_of_files(split)


@pytest.mark.parametrize(
    "other",
    [
        [{"a": 1, "b": ""}, {"a": 2, "b": "y"}],
        [{"a": 1, "b": "y"}, {"a": 2, "b": None}],
        [{"a": 1, "b": None}, {"a": 2, "b": "z"}],
        [{"a": 1, "b": None}, {"a": 2, "b": "y"}, {"a": 2, "b": "y"}],
        [{"a": None, "b": None}, {"a": 2, "b": "y"}],
    ],
)
def test_digest_notices_other_rows(tmp_path: Path, other: list[dict[str, Any]]) -> None:
    rows = [{"a": 1, "b": None}, {"a": 2, "b": "y"}]
    one, two = parquet(tmp_path / "1/p.parquet", rows), parquet(tmp_path / "2/p.parquet", other)
    assert digest_of_files([one]) != digest_of_files([two])


def test_digest_counts_the_columns_of_a_hive_path(tmp_path: Path) -> None:
    january = parquet(tmp_path / "x/month=1/p.parquet", [{"a": 1, "b": "x"}])
    may = parquet(tmp_path / "y/month=5/p.parquet", [{"a": 1, "b": "x"}])
    assert digest_of_files([january]) != digest_of_files([may])


def test_digest_is_the_same_whether_folders_repeat_a_column_or_say_it_alone(tmp_path: Path) -> None:
    rows = [{"a": 1, "b": "x"}, {"a": 1, "b": None}]
    plain = parquet(tmp_path / "x/p.parquet", rows)
    beside = parquet(tmp_path / "y/a_part=1/p.parquet", rows)
    only = tmp_path / "z/a=1/p.parquet"
    only.parent.mkdir(parents=True)
    pq.write_table(pa.table({"b": ["x", None]}), only)
    assert digest_of_files([plain]) == digest_of_files([beside]) == digest_of_files([str(only)])


def test_digest_counts_a_column_that_is_named_like_a_folder_and_stands_in_no_path(tmp_path: Path) -> None:
    def one(value: int) -> str:
        path = tmp_path / f"{value}.parquet"
        pq.write_table(pa.table({"a": [1], "a_part": [value]}), path)
        return str(path)

    assert digest_of_files([one(1)]) != digest_of_files([one(2)])


def test_calls_of_the_lab_of_other_lanes_and_of_later_are_left_out() -> None:
    machine, outcome = "arn:role/NF1-StepFunctions-Lab-Machine", "arn:role/NF1-Glue-Lab-Outcome"
    calls = [
        {"service": "glue", "operation": "StartCrawler", "role": machine, "time": 1.0},
        {"service": "glue", "operation": "StartCrawler", "role": machine, "time": 2.0},
        {"service": "glue", "operation": "GetWorkflowRuns", "role": outcome, "time": 2.0},
        {"service": "glue", "operation": "GetWorkflowRun", "role": "lab", "time": 2.0},
        {"service": "sns", "operation": "Publish", "role": machine, "time": 9.0},
    ]
    assert grouped(calls, lane="stepfunctions", until=5.0) == {"glue:StartCrawler": 2}


def work(step: str, seconds: float, *, dpu: float | None = 2.0) -> Work:
    return Work(step=PIPELINE.step(step), started_at=BEGAN, ended_at=BEGAN + timedelta(seconds=seconds), dpu=dpu)


def test_critical_path_takes_the_longer_branch_and_all_attempts() -> None:
    found = (work("convert", 5), work("convert", 5), work("crawl_curated", 3), work("verify", 7), work("aggregate", 1))
    assert critical_path_seconds(PIPELINE, found) == 18.0


class FakeGlue:
    """Runs and crawls of two lanes."""

    def get_job_runs(self, *, JobName: str, NextToken: str | None = None) -> dict[str, Any]:
        ended = BEGAN + timedelta(seconds=5)
        run = {"StartedOn": BEGAN, "CompletedOn": ended, "NumberOfWorkers": 2}
        # This lane's run stands on the second page.
        if NextToken is None:
            return {"JobRuns": [run | {"Arguments": {"--lane": "airflow"}}], "NextToken": "2"}
        return {"JobRuns": [run | {"Arguments": {"--lane": "glue"}}]}

    def list_crawls(self, *, CrawlerName: str) -> dict[str, Any]:
        del CrawlerName
        return {"Crawls": [{"StartTime": BEGAN, "EndTime": BEGAN + timedelta(seconds=2)}, {"StartTime": BEGAN}]}


def test_work_is_this_lanes_and_of_this_time() -> None:
    resources = {step.name: step.name for step in PIPELINE.steps}
    window = {"since": BEGAN, "until": BEGAN + timedelta(seconds=9)}
    job_runs = JobRuns(glue=FakeGlue(), jobs=resources)
    found = work_of(PIPELINE, glue=FakeGlue(), job_runs=job_runs, lane="glue", resources=resources, **window)
    assert [one.step for one in found] == list(PIPELINE.working)
    earlier = {"since": BEGAN - timedelta(hours=2), "until": BEGAN - timedelta(hours=1)}
    assert work_of(PIPELINE, glue=FakeGlue(), job_runs=job_runs, lane="glue", resources=resources, **earlier) == ()


def message(number: int, run_id: str, status: str = "succeeded") -> dict[str, Any]:
    outcome = json.dumps({"status": status, "run_id": run_id})
    body = {"Type": "Notification", "Subject": "S", "Message": outcome, "Timestamp": "2026-11-20T12:00:00.000Z"}
    return {"MessageId": str(number), "ReceiptHandle": str(number), "Body": json.dumps(body)}


class FakeSqs:
    """Gives one list of messages per look."""

    def __init__(self, looks: list[list[dict[str, Any]]]) -> None:
        self.looks = looks
        self.deleted: list[str] = []

    def receive_message(self, **_: Any) -> dict[str, Any]:
        return {"Messages": self.looks.pop(0)} if self.looks else {}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:
        self.deleted.append(f"{QueueUrl}{ReceiptHandle}")


class FakeTime:
    """Seconds pass only by sleeping."""

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at

    def pause(self, seconds: float) -> None:
        self.at += seconds


def mailbox(looks: list[list[dict[str, Any]]]) -> tuple[Mailbox, FakeTime]:
    time = FakeTime()
    return Mailbox(sqs=FakeSqs(looks), queue_url="q", monotonic=time.monotonic, sleep=time.pause), time


def test_late_duplicate_is_seen() -> None:
    box, _ = mailbox([[message(1, "run")], [], [message(2, "run"), message(3, "other")]])
    assert [one.status for one in box.wait_for("run", seconds=5)] == ["succeeded", "succeeded"]
    assert len(box.of_run("other")) == 1


def test_redelivery_of_one_message_counts_once() -> None:
    box, _ = mailbox([[message(1, "run")], [message(1, "run")]])
    assert len(box.wait_for("run", seconds=5)) == 1


def test_missing_message_is_waited_for_no_longer_than_said() -> None:
    box, time = mailbox([])
    assert box.wait_for("run", seconds=5) == ()
    assert 5 <= time.at < 6


def test_message_that_is_no_outcome_has_no_status() -> None:
    assert parsed("not json").status is None
    assert parsed(json.dumps({"Message": "hello", "Subject": "S"})).run_id is None


class FakeRedshift:
    """One statement that ends as told."""

    def __init__(self, *, status: str, error: str = "", rows: int = 7) -> None:
        self.status, self.error, self.rows = status, error, rows
        self.sql: list[str] = []

    def execute_statement(self, *, Sql: str, WorkgroupName: str, Database: str) -> dict[str, str]:
        assert (WorkgroupName, Database) == ("wg", "db")
        self.sql.append(Sql)
        return {"Id": "1"}

    def describe_statement(self, *, Id: str) -> dict[str, str]:
        return {"Id": Id, "Status": self.status, "Error": self.error}

    def get_statement_result(self, *, Id: str) -> dict[str, Any]:
        return {"Id": Id, "Records": [[{"longValue": self.rows}]]}


def warehouse(**statement: Any) -> tuple[RowCounts, FakeRedshift]:
    fake = FakeRedshift(**statement)
    sleep = FakeTime().pause
    return RowCounts(redshift_data=fake, workgroup="wg", database="db", secret_arn=None, sleep=sleep), fake


def test_warehouse_rows_add_up() -> None:
    counted, fake = warehouse(status="FINISHED")
    assert counted.rows(schema="nf1_glue", tables=("flights", "planes")) == 14
    assert fake.sql[0] == 'SELECT count(*) FROM "nf1_glue"."flights"'


def test_table_that_was_never_made_has_no_rows_and_other_failures_are_failures() -> None:
    absent, _ = warehouse(status="FAILED", error='relation "x" does not exist')
    assert absent.rows(schema="s", tables=("t",)) == 0
    broken, _ = warehouse(status="ABORTED", error="disk")
    with pytest.raises(LoadFailed, match=r"s\.t ended ABORTED"):
        broken.rows(schema="s", tables=("t",))


def test_count_that_never_ends_is_bounded() -> None:
    stuck, _ = warehouse(status="STARTED")
    with pytest.raises(LoadTimedOut):
        stuck.rows(schema="s", tables=("t",))


def cost(lane: str, **other: Any) -> Any:
    found = (work("crawl_raw", 3, dpu=None), work("convert", 90), work("load_warehouse", 5))
    given = {"transitions": 1000, "rpu": 8, "mwaa_class": "mw1.small", "on": "local", "makespan_seconds": 3600.0}
    return cost_of(lane=lane, work=found, **{**given, **other})


def test_minimum_billing_units_count() -> None:
    found = cost("glue")
    assert found.crawl == pytest.approx(600 / 3600 * prices.CRAWLER_DPU * 0.44, abs=1e-6)
    assert found.jobs == pytest.approx((90 + 60) / 3600 * 2 * 0.44, abs=1e-6)
    assert found.warehouse == pytest.approx(60 / 3600 * 8 * 0.375, abs=1e-6)
    assert found.total == pytest.approx(found.crawl + found.jobs + found.warehouse, abs=1e-5)


@pytest.mark.parametrize(
    ("version", "execution_class", "usd"),
    [("6.0", "STANDARD", 0.308), ("6.0", "FLEX", 0.203), ("5.1", "FLEX", 0.29), ("7.0", "STANDARD", 0.44)],
)
def test_a_job_costs_what_its_glue_version_does(version: str, execution_class: str, usd: float) -> None:
    job = replace(work("convert", 90), glue_version=version, execution_class=execution_class)
    found = cost_of(
        lane="glue", work=(job,), makespan_seconds=1.0, transitions=None, rpu=8, mwaa_class="mw1.small", on="aws"
    )
    assert found.jobs == pytest.approx(90 / 3600 * 2 * usd, abs=1e-6)
    assert f"Glue {version} at {usd:g} USD per DPU-hour" in found.basis


def test_each_orchestrator_is_billed_its_own_way() -> None:
    assert cost("glue").orchestrator == 0
    assert cost("stepfunctions").orchestrator == pytest.approx(0.025)
    assert cost("airflow").orchestrator == pytest.approx(0.49)
    assert "358 USD a month" in cost("airflow").basis


def test_basis_says_what_was_assumed() -> None:
    assert "as if they were AWS's" in cost("glue").basis
    assert "as if they were AWS's" not in cost("glue", on="aws").basis
    assert "12 s of waits were skipped" in cost("stepfunctions", skipped_seconds=12.0).basis
