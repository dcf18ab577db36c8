"""The same pipeline where its jobs are of Glue 6.0: Spark 4.1.1 with ANSI SQL, another boto3.

Python is the checkout's 3.11 or 3.12 here and 3.13 on AWS; the rest is what AWS documents of 6.0.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.steps import LANES, PIPELINE, Kind
from stacks.guards.built import built_wheel
from tests.checkout import ROOT
from tests.local_pipeline import Ran, Stage
from tests.spark4 import java_of_spark4, python_of_spark4

# What converts and computes with Spark; each asks the session and the data, not the version.
ON_SPARK = ("tests/unit/lake/convert/test_spark_engine.py", "tests/behaviour/test_aggregate_report.py")


def test_what_is_asked_of_spark_3_holds_on_spark_4() -> None:
    environment = {**os.environ, "JAVA_HOME": str(java_of_spark4())}
    said = subprocess.run(
        [python_of_spark4(), "-m", "pytest", "--noconftest", "-q", "-p", "no:cacheprovider", *ON_SPARK],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert said.returncode == 0, said.stdout[-4000:] + said.stderr[-4000:]
    assert " passed" in said.stdout


def update_jobs(stage: Stage, version: str) -> None:
    """As a deployment of the setting `glue.version` would: another version has another wheel of pyarrow."""
    glue, s3, bucket = stage.target.client("glue"), stage.target.client("s3"), stage.target.names.data_bucket
    wheel = built_wheel(version).file
    s3.upload_file(str(wheel), bucket, f"athena/{wheel.name}")
    for step in PIPELINE.steps:
        if step.kind is not Kind.JOB:
            continue
        name = stage.target.names.resource(step)
        job = glue.get_job(JobName=name)["Job"]
        shown = ("Name", "CreatedOn", "LastModifiedOn", "AllocatedCapacity", "MaxCapacity")
        kept = {key: value for key, value in job.items() if key not in shown}
        arguments = {
            **job["DefaultArguments"],
            "--additional-python-modules": f"s3://{bucket}/athena/{wheel.name}",
        }
        glue.update_job(JobName=name, JobUpdate={**kept, "GlueVersion": version, "DefaultArguments": arguments})


@pytest.fixture(scope="module")
def on_glue_6(stage: Stage) -> Iterator[dict[str, Ran]]:
    """One run of each lane over the same new rows, with jobs of Glue 6.0."""
    java_of_spark4()
    python_of_spark4()
    for lane in LANES:
        stage.settled(lane)
    update_jobs(stage, "6.0")
    folder = stage.fresh_input(rows=70)
    yield {lane: stage.run(lane, folder) for lane in LANES}
    update_jobs(stage, "5.1")


def job_runs(stage: Stage, lane: str, step: str) -> list[dict[str, Any]]:
    runs = stage.target.client("glue").get_job_runs(JobName=stage.target.names.resource(PIPELINE.step(step)))["JobRuns"]
    return [run for run in runs if run["Arguments"].get("--lane") == lane]


def test_each_orchestrator_runs_the_pipeline(stage: Stage, on_glue_6: dict[str, Ran], lane: str) -> None:
    ran = on_glue_6[lane]
    assert (ran.code, ran.record["status"], ran.record["error"]) == (0, "succeeded", None)
    assert ran.record["rows"] == {"read": 70, "curated": 70, "quarantined": 0}
    assert ran.record["warehouse_rows"] == stage.warehouse_rows(lane) > 70
    for step in PIPELINE.steps:
        if step.kind is Kind.JOB:
            latest = job_runs(stage, lane, step.name)[0]
            assert (latest["GlueVersion"], latest["JobRunState"]) == ("6.0", "SUCCEEDED")
    assert "Glue 6.0 at 0.308 USD per DPU-hour" in ran.record["cost_usd"]["basis"]


def test_all_lanes_hold_the_same_rows(on_glue_6: dict[str, Ran]) -> None:
    digests = {ran.record["output_digest"] for ran in on_glue_6.values()}
    assert len(digests) == 1
    assert None not in digests


def test_a_job_of_glue_6_finds_its_spark_with_ansi_sql_and_its_boto3(stage: Stage) -> None:
    java_of_spark4()
    glue, s3, names = stage.target.client("glue"), stage.target.client("s3"), stage.target.names
    script = """
import json, boto3, botocore, pyarrow
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
told = {"spark": spark.version, "ansi": spark.conf.get("spark.sql.ansi.enabled"), "boto3": boto3.__version__}
print(json.dumps(told))
spark.sql("SELECT CAST('seven' AS INT)").collect()
"""
    s3.put_object(Bucket=names.data_bucket, Key="athena/ansi.py", Body=script.encode())
    job = "probe-ansi"
    glue.create_job(
        Name=job,
        Role=glue.get_job(JobName=names.resource(PIPELINE.step("convert")))["Job"]["Role"],
        GlueVersion="6.0",
        Command={"Name": "glueetl", "ScriptLocation": f"s3://{names.data_bucket}/athena/ansi.py"},
        DefaultArguments={"--bucket": names.data_bucket},
    )
    run_id = glue.start_job_run(JobName=job)["JobRunId"]
    run = stage.ended_job_run(job, run_id)
    assert run["JobRunState"] == "FAILED", "an invalid cast is an error in ANSI SQL"
    assert "CAST_INVALID_INPUT" in run["ErrorMessage"]
    told = json.loads((stage.home.state / "jobs" / f"{run_id}.log").read_text().splitlines()[0])
    assert told == {"spark": "4.1.1", "ansi": "true", "boto3": "1.42.84"}
