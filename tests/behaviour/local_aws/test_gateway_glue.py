"""Glue behind the gateway: what crawlers see, how jobs end, what workflows follow."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from tests.behaviour.local_aws.conftest import ROLE, Gateway, until

SAYS_ITS_ARGUMENTS = """
import json, sys
from awsglue.utils import getResolvedOptions
print(json.dumps(getResolvedOptions(sys.argv, ["JOB_NAME", "bucket", "lane"])))
"""
WRITES = """
import sys, boto3
from awsglue.utils import getResolvedOptions
bucket = getResolvedOptions(sys.argv, ["bucket"])["bucket"]
boto3.client("s3").put_object(Bucket=bucket, Key="written", Body=b"x")
"""
WAITS = "import threading; threading.Event().wait(60)"


def crawler(
    gateway: Gateway, bucket: str, prefix: str, step: str = "crawl_raw", *, exclusions: Sequence[str] = ()
) -> tuple[str, str]:
    """(crawler, database), not started."""
    name, database = gateway.name(step), gateway.name("db").replace("-", "_")
    gateway.client("glue").create_database(DatabaseInput={"Name": database})
    gateway.client("glue").create_crawler(
        Name=name,
        Role=ROLE,
        DatabaseName=database,
        Targets={"S3Targets": [{"Path": f"s3://{bucket}/{prefix}", "Exclusions": list(exclusions)}]},
    )
    return name, database


def crawled(gateway: Gateway, name: str) -> dict[str, Any]:
    """The crawler once it is ready again."""
    glue = gateway.client("glue")
    glue.start_crawler(Name=name)
    return until(lambda: glue.get_crawler(Name=name)["Crawler"], lambda shown: shown["State"] == "READY")


def test_a_crawler_makes_a_table_of_a_csv_files_columns(gateway: Gateway) -> None:
    bucket = gateway.bucket()
    gateway.client("s3").put_object(Bucket=bucket, Key="landing/trips/a.csv", Body=b"id,Fare,who\n1,2.5,x\n2,,y\n")
    name, database = crawler(gateway, bucket, "landing/trips/")
    assert crawled(gateway, name)["LastCrawl"]["Status"] == "SUCCEEDED"
    table = gateway.client("glue").get_table(DatabaseName=database, Name="trips")["Table"]
    columns = {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}
    assert columns == {"id": "bigint", "fare": "double", "who": "string"}
    assert table["Parameters"]["skip.header.line.count"] == "1"


def test_a_crawler_passes_over_control_files_and_what_it_cannot_read(gateway: Gateway) -> None:
    bucket, s3 = gateway.bucket(), gateway.client("s3")
    s3.put_object(Bucket=bucket, Key="landing/trips/a.csv", Body=b"\x89PNG\r\n\x1a\n" + bytes(99))
    s3.put_object(Bucket=bucket, Key="landing/trips/aa.csv", Body=b"PAR1" + bytes(99))
    s3.put_object(Bucket=bucket, Key="landing/trips/b.csv.control.json", Body=b'{"rows": 1}')
    s3.put_object(Bucket=bucket, Key="landing/trips/b.csv.gz", Body=gzip.compress(b"id,fare\n1,2.5\n2,3.5\n"))
    s3.put_object(Bucket=bucket, Key="landing/odd/a.csv", Body=b"x" * 200_000)
    name, database = crawler(gateway, bucket, "landing/", exclusions=["**.control.json"])
    assert crawled(gateway, name)["LastCrawl"]["Status"] == "SUCCEEDED"
    tables = {table["Name"]: table for table in gateway.client("glue").get_tables(DatabaseName=database)["TableList"]}
    columns = {column["Name"]: column["Type"] for column in tables["trips"]["StorageDescriptor"]["Columns"]}
    assert columns == {"id": "bigint", "fare": "double"}
    assert tables["odd"]["Parameters"]["classification"] == "UNKNOWN"


def test_a_crawler_reads_parquet_footers_and_partitions(gateway: Gateway) -> None:
    bucket, sink = gateway.bucket(), io.BytesIO()
    pq.write_table(pa.table({"n": pa.array([1], pa.int64()), "t": pa.array([0], pa.timestamp("us"))}), sink)
    for month in (1, 2):
        gateway.client("s3").put_object(
            Bucket=bucket, Key=f"curated/glue/flights/month={month}/a.parquet", Body=sink.getvalue()
        )
    name, database = crawler(gateway, bucket, "curated/glue/flights/", "crawl_curated-glue")
    crawled(gateway, name)
    crawled(gateway, name)
    glue = gateway.client("glue")
    table = glue.get_table(DatabaseName=database, Name="flights")["Table"]
    assert [(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"]] == [
        ("n", "bigint"),
        ("t", "timestamp"),
    ]
    assert [key["Name"] for key in table["PartitionKeys"]] == ["month"]
    partitions = glue.get_partitions(DatabaseName=database, TableName="flights")["Partitions"]
    assert sorted(one["Values"] for one in partitions) == [["1"], ["2"]]


def test_a_column_that_newer_files_have_comes_to_the_table_and_its_partitions(gateway: Gateway) -> None:
    bucket, glue = gateway.bucket(), gateway.client("glue")
    name, database = crawler(gateway, bucket, "curated/glue/trips/", "crawl_curated-glue")
    output = {
        "Partitions": {"AddOrUpdateBehavior": "InheritFromTable"},
        "Tables": {"AddOrUpdateBehavior": "MergeNewColumns"},
    }
    glue.update_crawler(Name=name, Configuration=json.dumps({"Version": 1.0, "CrawlerOutput": output}))
    for month, names in ((1, ["n"]), (2, ["n", "tip"])):
        sink = io.BytesIO()
        pq.write_table(pa.table({name: pa.array([1], pa.int64()) for name in names}), sink)
        key = f"curated/glue/trips/month={month}/a.parquet"
        gateway.client("s3").put_object(Bucket=bucket, Key=key, Body=sink.getvalue())
        assert crawled(gateway, name)["LastCrawl"]["Status"] == "SUCCEEDED"
    table = glue.get_table(DatabaseName=database, Name="trips")["Table"]
    partitions = glue.get_partitions(DatabaseName=database, TableName="trips")["Partitions"]
    for described in (table, *partitions):
        assert [column["Name"] for column in described["StorageDescriptor"]["Columns"]] == ["n", "tip"]
    assert len(partitions) == 2


def test_an_empty_target_succeeds_and_makes_no_table(gateway: Gateway) -> None:
    name, database = crawler(gateway, gateway.bucket(), "landing/nothing/")
    assert crawled(gateway, name)["LastCrawl"]["Status"] == "SUCCEEDED"
    assert gateway.client("glue").get_tables(DatabaseName=database)["TableList"] == []


def test_a_crawl_of_a_broken_file_fails_with_its_reason(gateway: Gateway) -> None:
    bucket = gateway.bucket()
    gateway.client("s3").put_object(Bucket=bucket, Key="c/t/a.parquet", Body=b"PAR1 this is none")
    name, database = crawler(gateway, bucket, "c/t/")
    last = crawled(gateway, name)["LastCrawl"]
    assert last["Status"] == "FAILED"
    assert "Arrow" in last["ErrorMessage"]
    assert gateway.client("glue").get_tables(DatabaseName=database)["TableList"] == []


def test_a_crawler_that_the_fault_hangs_is_busy_until_it_is_stopped(gateway: Gateway) -> None:
    name, _ = crawler(gateway, gateway.bucket(), "x/")
    gateway.local.faults.set(["crawl_raw:times_out"])
    glue = gateway.client("glue")
    glue.start_crawler(Name=name)
    with pytest.raises(glue.exceptions.CrawlerRunningException):
        glue.start_crawler(Name=name)
    glue.stop_crawler(Name=name)
    shown = until(lambda: glue.get_crawler(Name=name)["Crawler"], lambda one: one["State"] == "READY")
    assert shown["LastCrawl"]["Status"] == "CANCELLED"


def test_a_crawler_with_classifiers_of_its_own_is_refused(gateway: Gateway) -> None:
    name, _ = crawler(gateway, gateway.bucket(), "x/")
    with pytest.raises(ClientError, match=r"NotImplementedLocally.*only the built-in classifiers"):
        gateway.client("glue").update_crawler(Name=name, Classifiers=["mine"])
    assert gateway.client("glue").get_crawler(Name=name)["Crawler"]["Classifiers"] == []


def test_a_failing_crawl_leaves_no_table(gateway: Gateway) -> None:
    bucket = gateway.bucket()
    gateway.client("s3").put_object(Bucket=bucket, Key="l/t/a.csv", Body=b"a,b\n1,2\n")
    name, database = crawler(gateway, bucket, "l/t/")
    gateway.local.faults.set(["crawl_raw:fails:1"])
    last = crawled(gateway, name)["LastCrawl"]
    assert (last["Status"], "InjectedFault" in last["ErrorMessage"]) == ("FAILED", True)
    assert gateway.client("glue").get_tables(DatabaseName=database)["TableList"] == []
    assert crawled(gateway, name)["LastCrawl"]["Status"] == "SUCCEEDED"


def test_a_job_gets_its_arguments_as_glue_passes_them(gateway: Gateway) -> None:
    name = gateway.job("convert", SAYS_ITS_ARGUMENTS, DefaultArguments={"--lane": "nobody"})
    run = gateway.run_job(name, lane="glue")
    assert run["JobRunState"] == "SUCCEEDED"
    told = json.loads(gateway.log(run).splitlines()[-1])
    assert (told["JOB_NAME"], told["lane"]) == (name, "glue")


def test_a_job_acts_as_its_role(gateway: Gateway) -> None:
    run = gateway.run_job(
        gateway.job("convert", "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])")
    )
    assert gateway.log(run).strip() == ROLE


def test_a_job_imports_from_its_extra_files(gateway: Gateway) -> None:
    import zipfile

    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as package:
        package.writestr("extra_part/__init__.py", "NAME = 'from the zip'")
    bucket = gateway.bucket()
    gateway.client("s3").put_object(Bucket=bucket, Key="extra.zip", Body=sink.getvalue())
    script = "import extra_part; print(extra_part.NAME)"
    name = gateway.job("convert", script, DefaultArguments={"--extra-py-files": f"s3://{bucket}/extra.zip"})
    assert gateway.log(gateway.run_job(name)).strip() == "from the zip"


def test_a_job_whose_wheel_pip_would_not_take_never_runs_its_script(gateway: Gateway) -> None:
    bucket = gateway.bucket()
    gateway.client("s3").put_object(Bucket=bucket, Key=f"{64 * 'a'}.whl", Body=b"named by its hash, as assets are")
    for missing, words in ((f"{64 * 'a'}.whl", "is not a valid wheel filename"), ("x-1-py3-none-any.whl", "(404)")):
        name = gateway.job(
            "convert",
            "print('the script ran')",
            GlueVersion="5.1",
            DefaultArguments={"--additional-python-modules": f"s3://{bucket}/{missing}"},
        )
        run = gateway.run_job(name)
        assert run["JobRunState"] == "FAILED"
        assert run["ErrorMessage"].startswith("LAUNCH ERROR | Python Module Installer indicates modules that failed")
        assert words in run["ErrorMessage"]
        assert not (gateway.local._state / "jobs" / f"{run['Id']}.log").exists(), "the script ran"


NAMED = "class RowsLost(Exception): pass\n\n\ndef work(): raise RowsLost('2 in, 1 out; look')\n\n\nwork()\n"
SHADOW = "type('RowsLost', (Exception,), {'__module__': 'pipeline.errors'})"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import sys; sys.exit(0)", "Error Category: SYSTEM_EXIT_ERROR; SystemExit: 0"),
        ("import sys; sys.exit()", "Error Category: SYSTEM_EXIT_ERROR; SystemExit: 0"),
        ("raise SystemExit('RowsLost: 1')", "Error Category: SYSTEM_EXIT_ERROR; SystemExit: RowsLost: 1"),
        (NAMED, "Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 7; RowsLost: 2 in, 1 out; look"),
        (
            f"raise {SHADOW}('no')",
            "Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 1; pipeline.errors.RowsLost: no",
        ),
        ("{}['a']", "Error Category: INVALID_ARGUMENT_ERROR; Failed Line Number: 1; KeyError: 'a'"),
    ],
)
def test_a_script_that_raises_or_exits_fails_the_run_in_glues_words(
    gateway: Gateway, script: str, message: str
) -> None:
    run = gateway.run_job(gateway.job("convert", script))
    assert (run["JobRunState"], run["ErrorMessage"]) == ("FAILED", message)


def test_a_process_that_ends_behind_its_runners_back_is_no_success(gateway: Gateway) -> None:
    run = gateway.run_job(gateway.job("convert", "import os; os._exit(0)"))
    assert run["JobRunState"] == "FAILED"
    assert "os._exit" in run["ErrorMessage"]
    aborted = gateway.run_job(gateway.job("convert", "import atexit, os; atexit.register(os.abort)"))
    assert (aborted["JobRunState"], aborted["ErrorMessage"]) == ("FAILED", "Job process was killed by signal 6")


@pytest.mark.parametrize(
    ("definition", "told"),
    [
        ({}, "a job without GlueVersion"),
        ({"GlueVersion": "5.0"}, "GlueVersion 5.0 is not served by the local AWS; say 5.1 or 6.0"),
        ({"GlueVersion": "5.1", "Command": {"Name": "pythonshell", "ScriptLocation": "s3://b/k"}}, "Python shell"),
    ],
)
def test_a_job_that_nothing_here_runs_as_aws_would_is_refused(gateway: Gateway, definition: dict, told: str) -> None:
    asked = {"Command": {"Name": "glueetl", "ScriptLocation": "s3://b/k"}, **definition}
    with pytest.raises(ClientError, match=told) as refused:
        gateway.client("glue").create_job(Name=gateway.name("convert"), Role=ROLE, **asked)
    assert refused.value.response["Error"]["Code"] == "NotImplementedLocally"


def test_a_missing_script_is_an_error_and_no_success(gateway: Gateway) -> None:
    name = gateway.name("convert")
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{gateway.bucket()}/absent.py"}
    gateway.client("glue").create_job(Name=name, Role=ROLE, Command=command, GlueVersion="5.1")
    run = gateway.run_job(name)
    assert run["JobRunState"] == "ERROR"
    assert "404" in run["ErrorMessage"]


def test_a_stopped_run_is_stopped_and_frees_its_place(gateway: Gateway) -> None:
    name, glue = gateway.job("convert", WAITS), gateway.client("glue")
    run_id = glue.start_job_run(JobName=name)["JobRunId"]
    with pytest.raises(glue.exceptions.ConcurrentRunsExceededException):
        glue.start_job_run(JobName=name)
    answer = glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    assert [one["JobRunId"] for one in answer["SuccessfulSubmissions"]] == [run_id]
    assert gateway.job_run(name, run_id)["JobRunState"] == "STOPPED"
    assert glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])["Errors"]


@pytest.mark.parametrize(
    ("kind", "state", "told"),
    [("fails", "FAILED", "InjectedFault"), ("times_out", "TIMEOUT", "timed out"), ("killed", "FAILED", "signal 9")],
)
def test_a_fault_ends_the_run_before_it_has_written(gateway: Gateway, kind: str, state: str, told: str) -> None:
    name = gateway.job("convert", WRITES)
    bucket = gateway.client("glue").get_job(JobName=name)["Job"]["DefaultArguments"]["--bucket"]
    gateway.local.faults.set([f"convert:{kind}:1"])
    run = gateway.run_job(name)
    assert run["JobRunState"] == state
    assert told in run["ErrorMessage"]
    assert [one["Key"] for one in gateway.client("s3").list_objects_v2(Bucket=bucket)["Contents"]] == ["script.py"]
    assert gateway.run_job(name)["JobRunState"] == "SUCCEEDED"


def test_spark_reads_and_writes_s3_paths(gateway: Gateway) -> None:
    script = """
import sys
from awsglue.utils import getResolvedOptions
from pyspark.sql import SparkSession
bucket = getResolvedOptions(sys.argv, ["bucket"])["bucket"]
spark = SparkSession.builder.getOrCreate()
rows = spark.read.option("header", True).csv(f"s3://{bucket}/in/")
rows.groupBy("k").count().coalesce(1).write.mode("overwrite").parquet(f"s3://{bucket}/out/")
"""
    name, s3 = gateway.job("aggregate", script), gateway.client("s3")
    bucket = gateway.client("glue").get_job(JobName=name)["Job"]["DefaultArguments"]["--bucket"]
    s3.put_object(Bucket=bucket, Key="in/a.csv", Body=b"k\na\nb\na\n")
    s3.put_object(Bucket=bucket, Key="out/stale.parquet", Body=b"old")
    run = gateway.run_job(name)
    assert (run["JobRunState"], run.get("ErrorMessage")) == ("SUCCEEDED", None)
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix="out/")["Contents"]]
    assert "out/stale.parquet" not in keys
    (part,) = [key for key in keys if key.endswith(".parquet")]
    rows = pq.read_table(pa.BufferReader(s3.get_object(Bucket=bucket, Key=part)["Body"].read())).to_pylist()
    assert sorted((row["k"], row["count"]) for row in rows) == [("a", 2), ("b", 1)]


def workflow(gateway: Gateway, first: str, second: str, third: str) -> str:
    """first -> second -> third, each after the success of the one before."""
    name, glue = gateway.name("workflow"), gateway.client("glue")
    glue.create_workflow(Name=name)
    glue.create_trigger(Name=f"{name}-start", WorkflowName=name, Type="ON_DEMAND", Actions=[{"JobName": first}])
    for before, after in ((first, second), (second, third)):
        condition = {"LogicalOperator": "EQUALS", "JobName": before, "State": "SUCCEEDED"}
        glue.create_trigger(
            Name=f"{name}-after-{before}",
            WorkflowName=name,
            Type="CONDITIONAL",
            StartOnCreation=True,
            Predicate={"Conditions": [condition]},
            Actions=[{"JobName": after, "Arguments": {"--lane": "glue"}}],
        )
    return name


def finished(gateway: Gateway, name: str, run_id: str) -> dict[str, Any]:
    glue = gateway.client("glue")
    return until(
        lambda: glue.get_workflow_run(Name=name, RunId=run_id, IncludeGraph=True)["Run"],
        lambda run: run["Status"] in ("COMPLETED", "STOPPED"),
    )


def states(run: dict[str, Any]) -> dict[str, list[str]]:
    nodes = run["Graph"]["Nodes"]
    return {
        node["Name"]: [one["JobRunState"] for one in node["JobDetails"].get("JobRuns", [])]
        for node in nodes
        if node["Type"] == "JOB"
    }


def test_a_workflow_runs_its_jobs_in_order(gateway: Gateway) -> None:
    jobs = [gateway.job(step, "pass") for step in ("convert", "verify", "aggregate")]
    name = workflow(gateway, *jobs)
    run = finished(gateway, name, gateway.client("glue").start_workflow_run(Name=name)["RunId"])
    assert run["Statistics"]["SucceededActions"] == 3
    assert states(run) == {job: ["SUCCEEDED"] for job in jobs}


def test_a_failed_job_completes_the_run_with_a_failed_action_and_stops_what_follows(gateway: Gateway) -> None:
    first, second, third = (
        gateway.job("convert", "pass"),
        gateway.job("verify", "1/0"),
        gateway.job("aggregate", "pass"),
    )
    name = workflow(gateway, first, second, third)
    run = finished(gateway, name, gateway.client("glue").start_workflow_run(Name=name)["RunId"])
    assert run["Status"] == "COMPLETED"
    assert (run["Statistics"]["FailedActions"], run["Statistics"]["SucceededActions"]) == (1, 1)
    assert states(run)[third] == []


def test_a_denied_start_is_an_errored_action(gateway: Gateway) -> None:
    jobs = [gateway.job(step, "pass") for step in ("convert", "verify", "aggregate")]
    name = workflow(gateway, *jobs)
    gateway.local.faults.set(["convert:denied"])
    run = finished(gateway, name, gateway.client("glue").start_workflow_run(Name=name)["RunId"])
    assert run["Statistics"]["ErroredActions"] == 1
    assert states(run)[jobs[1]] == []


def test_a_resumed_run_runs_the_node_and_what_follows_only(gateway: Gateway) -> None:
    jobs = [gateway.job(step, "pass") for step in ("convert", "verify", "aggregate")]
    name, glue = workflow(gateway, *jobs), gateway.client("glue")
    gateway.local.faults.set(["verify:fails:1"])
    failed = finished(gateway, name, glue.start_workflow_run(Name=name)["RunId"])
    (node,) = [one["UniqueId"] for one in failed["Graph"]["Nodes"] if one["Name"] == jobs[1]]
    again = glue.resume_workflow_run(Name=name, RunId=failed["WorkflowRunId"], NodeIds=[node])["RunId"]
    assert again != failed["WorkflowRunId"]
    run = finished(gateway, name, again)
    assert states(run) == {jobs[0]: [], jobs[1]: ["SUCCEEDED"], jobs[2]: ["SUCCEEDED"]}


def test_a_stopped_workflow_run_stops_its_job(gateway: Gateway) -> None:
    jobs = [gateway.job("convert", WAITS), gateway.job("verify", "pass"), gateway.job("aggregate", "pass")]
    name, glue = workflow(gateway, *jobs), gateway.client("glue")
    run_id = glue.start_workflow_run(Name=name)["RunId"]
    glue.stop_workflow_run(Name=name, RunId=run_id)
    run = finished(gateway, name, run_id)
    assert run["Status"] == "STOPPED"
    assert states(run) == {jobs[0]: ["STOPPED"], jobs[1]: [], jobs[2]: []}


def test_a_second_starting_trigger_is_refused(gateway: Gateway) -> None:
    name, glue = gateway.name("workflow"), gateway.client("glue")
    job = gateway.job("convert", "pass")
    glue.create_workflow(Name=name)
    glue.create_trigger(Name=f"{name}-1", WorkflowName=name, Type="ON_DEMAND", Actions=[{"JobName": job}])
    with pytest.raises(ClientError, match="already has the starting trigger"):
        glue.create_trigger(Name=f"{name}-2", WorkflowName=name, Type="ON_DEMAND", Actions=[{"JobName": job}])
