"""Redshift Data behind the gateway: rows that are loaded, and loads that change nothing."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from tests.behaviour.local_aws.conftest import ROLE, Gateway, until

TABLE = 'CREATE TABLE IF NOT EXISTS "s"."t" ("a" bigint, "b" varchar(65535), "d" decimal(8,2))'


class Warehouse:
    """One workgroup with the table s.t."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.data = gateway.client("redshift-data")
        self.where = {"WorkgroupName": gateway.name("workgroup"), "Database": "warehouse"}
        serverless, namespace = gateway.client("redshift-serverless"), gateway.name("namespace")
        serverless.create_namespace(namespaceName=namespace, dbName="warehouse", manageAdminPassword=True)
        serverless.create_workgroup(workgroupName=self.where["WorkgroupName"], namespaceName=namespace)
        assert self.run('CREATE SCHEMA IF NOT EXISTS "s"', TABLE)["Status"] == "FINISHED"

    def run(self, *sqls: str, **more: Any) -> dict[str, Any]:
        if len(sqls) == 1:
            identity = self.data.execute_statement(Sql=sqls[0], **self.where, **more)["Id"]
        else:
            identity = self.data.batch_execute_statement(Sqls=list(sqls), **self.where, **more)["Id"]
        return self.ended(identity)

    def ended(self, identity: str) -> dict[str, Any]:
        return until(
            lambda: self.data.describe_statement(Id=identity),
            lambda shown: shown["Status"] in ("FINISHED", "FAILED", "ABORTED"),
        )

    def rows(self) -> list[list[Any]]:
        identity = self.run("SELECT a, b, d FROM s.t ORDER BY a")["Id"]
        records = self.data.get_statement_result(Id=identity)["Records"]
        return [[None if "isNull" in cell else next(iter(cell.values())) for cell in row] for row in records]

    def manifest(
        self, table: pa.Table, *, claimed_bytes: int | None = None, with_file: bool = True, version: str = "1.0"
    ) -> str:
        """A COPY of the table's file by a manifest."""
        bucket, sink = self.gateway.bucket(), io.BytesIO()
        pq.write_table(table, sink, version=version)
        s3 = self.gateway.client("s3")
        if with_file:
            s3.put_object(Bucket=bucket, Key="part.parquet", Body=sink.getvalue())
        length = claimed_bytes or len(sink.getvalue())
        entry = {"url": f"s3://{bucket}/part.parquet", "mandatory": True, "meta": {"content_length": length}}
        s3.put_object(Bucket=bucket, Key="one.manifest", Body=json.dumps({"entries": [entry]}))
        return f"COPY \"s\".\"t\" FROM 's3://{bucket}/one.manifest' IAM_ROLE '{ROLE}' FORMAT AS PARQUET MANIFEST"


@pytest.fixture
def warehouse(gateway: Gateway) -> Warehouse:
    return Warehouse(gateway)


def good(*, a: Any = None) -> pa.Table:
    import decimal

    numbers = a if a is not None else pa.array([1, None], pa.int64())
    money = pa.array([decimal.Decimal("1.50"), None], pa.decimal128(8, 2))
    return pa.table({"a": numbers, "b": ["x", None], "d": money})


def test_a_copy_loads_every_value(warehouse: Warehouse) -> None:
    assert warehouse.run(warehouse.manifest(good()))["Status"] == "FINISHED"
    assert warehouse.rows() == [[1, "x", "1.50"], [None, None, None]]


@pytest.mark.parametrize(
    ("table", "more", "told"),
    [
        (good().drop(["d"]), {}, "Unmatched number of columns"),
        (good(a=pa.array(["1", "2"])), {}, "incompatible Parquet schema"),
        (good(a=pa.array([1, 2], pa.int32())), {}, "incompatible Parquet schema"),
        (good(), {"with_file": False}, "NoSuchKey"),
        (good(), {"claimed_bytes": 7}, "manifest says 7 bytes"),
        (good(), {"version": "2.6"}, "is no Parquet v1: its footer says format version 2.6"),
    ],
)
def test_a_copy_that_does_not_fit_fails_and_loads_nothing(
    warehouse: Warehouse, table: pa.Table, more: dict[str, Any], told: str
) -> None:
    shown = warehouse.run(warehouse.manifest(table, **more))
    assert shown["Status"] == "FAILED"
    assert told in shown["Error"]
    assert warehouse.rows() == []


def test_a_batch_is_one_transaction(warehouse: Warehouse) -> None:
    shown = warehouse.run("INSERT INTO s.t (a) SELECT 7", "INSERT INTO s.nowhere (a) SELECT 8", "SELECT 1")
    assert shown["Status"] == "FAILED"
    assert [part["Status"] for part in shown["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
    assert warehouse.rows() == []
    assert warehouse.run("INSERT INTO s.t (a) SELECT 7", "INSERT INTO s.t (a) SELECT 8")["Status"] == "FINISHED"
    assert [row[0] for row in warehouse.rows()] == [7, 8]


def test_the_same_token_is_the_same_statement(warehouse: Warehouse) -> None:
    ids = {warehouse.run("INSERT INTO s.t (a) SELECT 1", ClientToken="once")["Id"] for _ in range(3)}
    assert len(ids) == 1
    assert len(warehouse.rows()) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "TRUNCATE s.t",
        "VACUUM",
        "ATTACH 'x.db'",
        "SELECT * FROM read_csv('/etc/hosts')",
        "SELECT * FROM '/etc/hosts'",
        "SELECT 1; DELETE FROM s.t",
        "CREATE TABLE s.u (x hugeint)",
        "COPY s.t FROM 's3://b/k' IAM_ROLE 'r' CSV",
        "COPY s.t TO '/tmp/x'",
        "COPY s.t (a, b, d) FROM 's3://b/k' IAM_ROLE 'r' FORMAT AS PARQUET MANIFEST",
    ],
)
def test_sql_outside_the_allow_list_fails(warehouse: Warehouse, sql: str) -> None:
    warehouse.run("INSERT INTO s.t (a) SELECT 1")
    assert warehouse.run(sql)["Status"] == "FAILED"
    assert len(warehouse.rows()) == 1


def test_a_batch_of_more_than_forty_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(ClientError, match="length less than or equal to 40"):
        warehouse.data.batch_execute_statement(Sqls=["SELECT 1"] * 41, **warehouse.where)


def test_an_unknown_workgroup_or_database_is_refused(warehouse: Warehouse) -> None:
    for wrong in ({"WorkgroupName": "nowhere"}, {"Database": "nothing"}):
        with pytest.raises(ClientError) as refused:
            warehouse.data.execute_statement(Sql="SELECT 1", **{**warehouse.where, **wrong})
        assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_result_is_paged_and_a_command_has_none(warehouse: Warehouse) -> None:
    shown = warehouse.run("SELECT * FROM generate_series(1, 1500)")
    first = warehouse.data.get_statement_result(Id=shown["Id"])
    rest = warehouse.data.get_statement_result(Id=shown["Id"], NextToken=first["NextToken"])
    assert (len(first["Records"]), len(rest["Records"]), first["TotalNumRows"]) == (1000, 500, 1500)
    command = warehouse.run("DELETE FROM s.t")
    with pytest.raises(ClientError, match="does not have result"):
        warehouse.data.get_statement_result(Id=command["Id"])


def test_a_job_that_fails_in_the_warehouse_fails_at_its_copy(gateway: Gateway, warehouse: Warehouse) -> None:
    script = f"""
import boto3
class LoadFailed(Exception): pass
data = boto3.client("redshift-data")
identity = data.execute_statement(Sql={warehouse.manifest(good())!r}, **{warehouse.where!r})["Id"]
while (shown := data.describe_statement(Id=identity))["Status"] not in ("FINISHED", "FAILED"):
    pass
if shown["Status"] != "FINISHED": raise LoadFailed(shown["Error"])
"""
    name = gateway.job("load_warehouse", script, DefaultArguments={"--workgroup": warehouse.where["WorkgroupName"]})
    gateway.local.faults.set(["load_warehouse:fails:1"])
    run = gateway.run_job(name)
    assert run["JobRunState"] == "FAILED"
    assert "; LoadFailed: ERROR: InjectedFault" in run["ErrorMessage"]
    assert warehouse.rows() == []
    assert gateway.run_job(name)["JobRunState"] == "SUCCEEDED"
    assert len(warehouse.rows()) == 2
