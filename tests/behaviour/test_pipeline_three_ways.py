"""The same pipeline three ways: one set of sentences, true of each orchestrator.

The data is looked at, not the word: Parquet files, catalog, warehouse, messages.
"""

from __future__ import annotations

import csv
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.steps import LANES, PIPELINE
from tests.local_pipeline import Stage


def rows_below(folder: Path) -> int:
    return sum(len(list(csv.reader(file.open(newline="")))) - 1 for file in folder.rglob("*.csv"))


def test_run_succeeds_and_every_row_arrives(stage: Stage, lane: str) -> None:
    ran = stage.first_run(lane)
    assert (ran.code, ran.record["status"], ran.record["error"]) == (0, "succeeded", None)
    rows = rows_below(stage.base_input())
    assert ran.record["rows"] == {"read": rows, "curated": rows, "quarantined": 0}
    assert ran.record["warehouse_rows"] == rows == ran.in_warehouse


def test_every_step_is_told_with_its_times(stage: Stage, lane: str) -> None:
    steps = stage.first_run(lane).record["steps"]
    assert [step["name"] for step in steps] == [step.name for step in PIPELINE.steps]
    assert {step["status"] for step in steps} == {"succeeded"}
    assert all(step["seconds"] is not None and step["attempt"] >= 1 for step in steps)


def test_data_lies_in_parquet_partitioned_by_month(stage: Stage, lane: str) -> None:
    stage.first_run(lane)
    s3, bucket = stage.target.client("s3"), stage.target.names.data_bucket
    outputs = [
        output for entry in stage.ledger(lane).values() if entry["dataset"] == "flights" for output in entry["outputs"]
    ]
    assert outputs
    assert len({key.split("/month_part=")[1].split("/")[0] for key in (output["key"] for output in outputs)}) > 1
    for output in outputs:
        body = s3.get_object(Bucket=bucket, Key=output["key"])["Body"].read()
        table = pq.ParquetFile(BytesIO(body)).read()
        assert table.num_rows == output["rows"]
        assert set(table.column("month").to_pylist()) == {int(output["key"].split("/month_part=")[1].split("/")[0])}


def test_catalog_knows_raw_and_curated_tables(stage: Stage, lane: str) -> None:
    stage.first_run(lane)
    glue, names = stage.target.client("glue"), stage.target.names
    for database in (names.raw_database, names.curated_database(lane)):
        tables = {table["Name"] for table in glue.get_tables(DatabaseName=database)["TableList"]}
        assert tables == set(stage.target.settings.datasets)


def test_one_message_says_that_it_succeeded(stage: Stage, lane: str) -> None:
    ran = stage.first_run(lane)
    assert ran.record["notifications"] == [{"subject": f"SUCCEEDED: csv_to_parquet on {lane}", "status": "succeeded"}]


def test_time_calls_and_cost_are_measured(stage: Stage, lane: str) -> None:
    record = stage.first_run(lane).record
    assert 0 <= record["overhead_seconds"] <= record["seconds"]
    assert record["cost_usd"]["total"] > 0
    if lane != "glue":
        assert record["api_calls"]["glue:StartCrawler"] >= 2
        assert record["api_calls"]["glue:StartJobRun"] == 4
    assert (record["transitions"] is not None) == (lane == "stepfunctions")


def test_second_run_changes_nothing_and_says_so(stage: Stage, lane: str) -> None:
    first = stage.settled(lane)
    before = (stage.keys(f"curated/{lane}/"), set(stage.ledger(lane)), stage.warehouse_rows(lane))
    again = stage.run(lane, stage.base_input())
    assert (again.code, again.record["status"]) == (0, "succeeded"), again.record["error"]
    assert again.record["rows"] == {"read": 0, "curated": 0, "quarantined": 0}
    assert "nothing new: every file was already committed" in again.out
    assert again.record["output_digest"] == first.record["output_digest"]
    assert (stage.keys(f"curated/{lane}/"), set(stage.ledger(lane)), stage.warehouse_rows(lane)) == before
    assert len(again.record["notifications"]) == 1


def test_all_lanes_hold_the_same_rows(stage: Stage) -> None:
    digests = {stage.settled(lane).record["output_digest"] for lane in LANES}
    assert len(digests) == 1
    assert None not in digests
