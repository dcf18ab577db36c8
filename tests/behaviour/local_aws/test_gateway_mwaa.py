"""MWAA behind the gateway, with a real Airflow: it must be there (`make setup` brings it)."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.composition import LocalAws
from tests.behaviour.local_aws.conftest import ROLE, Gateway, until
from tests.behaviour.local_aws.mwaa_environment import environment
from tests.checkout import AIRFLOW

BOOT_SECONDS = 200.0
DAG = """
import boto3
from airflow.sdk import DAG, task
from airflow.sdk.configuration import conf

with DAG(dag_id="named_" + conf.get("pipeline", "slug"), schedule=None, is_paused_upon_creation=False):
    # Short names: InvokeRestApi takes paths of 64 characters.
    @task
    def who(ti):
        ti.xcom_push(key="arn", value=boto3.client("sts").get_caller_identity()["Arn"])
    who()
"""


@pytest.fixture(scope="module")
def airflow_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    local = LocalAws(state=tmp_path_factory.mktemp("mwaa"), airflow_venv=AIRFLOW)
    local.start()
    local.mwaa.prestart()
    yield Gateway(local=local)
    local.stop()


def test_an_environment_runs_a_dag_as_its_role(airflow_gateway: Gateway) -> None:
    name, shown = environment(airflow_gateway, DAG)
    assert (shown["Status"], shown.get("LastUpdate")) == ("AVAILABLE", None)
    mwaa = airflow_gateway.client("mwaa")

    def call(method: str, path: str, **more: Any) -> Any:
        return mwaa.invoke_rest_api(Name=name, Method=method, Path=path, **more)["RestApiResponse"]

    call("POST", "/dags/named_nf1/dagRuns", Body={"dag_run_id": "r", "logical_date": None})
    run = until(
        lambda: call("GET", "/dags/named_nf1/dagRuns/r"),
        lambda one: one["state"] in ("success", "failed"),
        BOOT_SECONDS,
    )
    assert run["state"] == "success"
    entry = call("GET", "/dags/named_nf1/dagRuns/r/taskInstances/who/xcomEntries/arn")
    assert ROLE in entry["value"]
    with pytest.raises(ClientError) as absent:
        call("GET", "/dags/absent")
    assert absent.value.response["Error"]["Code"] == "RestApiClientException"
    assert absent.value.response["RestApiStatusCode"] == 404
    with urllib.request.urlopen(f"{airflow_gateway.local.endpoint}/_lab/airflow") as answer:
        login = json.load(answer)
    asked = urllib.request.Request(
        f"{login['url']}/auth/token",
        data=json.dumps({"username": login["user"], "password": login["password"]}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked) as answer:
        assert json.load(answer)["access_token"], "a person signs in with what is shown"
    mwaa.delete_environment(Name=name)


def test_an_import_error_fails_the_environment_with_its_message(airflow_gateway: Gateway) -> None:
    name, shown = environment(airflow_gateway, "from airflow.sdk import DAG\nraise ValueError('the dag is broken')")
    assert shown["Status"] == "CREATE_FAILED"
    assert "the dag is broken" in shown["LastUpdate"]["Error"]["ErrorMessage"]
    airflow_gateway.client("mwaa").delete_environment(Name=name)


def test_without_airflow_the_environment_fails_and_names_the_remedy(gateway: Gateway) -> None:
    name, shown = environment(gateway, DAG)
    assert shown["Status"] == "CREATE_FAILED"
    assert "make setup" in shown["LastUpdate"]["Error"]["ErrorMessage"]
    gateway.client("mwaa").delete_environment(Name=name)
