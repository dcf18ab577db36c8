"""Every list that the local AWS serves, asked for one item a page: the pages together are the whole list.

An operation that its model pages and that is not asked here fails the test: no list can be added and cut unnoticed.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local_aws.services.moto_backend import GLUE_CATALOG
from local_aws.wire.pages import paging_of
from tests.behaviour.local_aws.conftest import ROLE, Gateway, until

SERVICES = {"states": "stepfunctions", "airflow": "mwaa"}
COUNT = 3


@pytest.fixture(scope="module")
def made(gateway: Gateway) -> dict[str, dict[str, Any]]:
    """Three of each thing that can be listed; for each operation the parameters of the list that holds them."""
    glue, states = gateway.client("glue"), gateway.client("stepfunctions")
    bucket = gateway.bucket()
    for number in range(COUNT):
        gateway.client("s3").put_object(Bucket=bucket, Key=f"in/t{number}/a.csv", Body=b"a,b\n1,2\n3,4\n")
    database = "pages"
    glue.create_database(DatabaseInput={"Name": database})
    for number in range(COUNT):
        glue.create_crawler(
            Name=f"c{number}", Role=ROLE, DatabaseName=database, Targets={"S3Targets": [{"Path": f"s3://{bucket}/in/"}]}
        )
        glue.create_workflow(Name=f"w{number}")
        glue.create_database(DatabaseInput={"Name": f"pages{number}"})
        glue.create_table(
            DatabaseName="pages0", TableInput={"Name": f"t{number}", "PartitionKeys": [{"Name": "p", "Type": "string"}]}
        )
    for number in range(COUNT):
        glue.create_partition(
            DatabaseName="pages0", TableName="t0", PartitionInput={"Values": [str(number)], "StorageDescriptor": {}}
        )
    job = gateway.job("convert", "print('done')")
    for number in range(COUNT):
        gateway.run_job(job)
        glue.start_crawler(Name="c0")
        until(lambda: glue.get_crawler(Name="c0")["Crawler"], lambda one: one["State"] == "READY")
        glue.create_trigger(
            Name=f"t{number}", WorkflowName=f"w{number}", Type="ON_DEMAND", Actions=[{"CrawlerName": "c1"}]
        )
        glue.start_workflow_run(Name="w0")
        until(
            lambda: glue.get_workflow_runs(Name="w0", MaxResults=1)["Runs"][0], lambda run: run["Status"] != "RUNNING"
        )
    definition = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    arns = [
        states.create_state_machine(name=f"m{number}", definition=definition, roleArn=ROLE)["stateMachineArn"]
        for number in range(COUNT)
    ]
    executions = [states.start_execution(stateMachineArn=arns[0])["executionArn"] for _ in range(COUNT)]
    for execution in executions:
        until(
            lambda arn=execution: states.describe_execution(executionArn=arn),
            lambda shown: shown["status"] != "RUNNING",
        )
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "def handle(event, context): return None")
    for number in range(COUNT):
        gateway.client("lambda").create_function(
            FunctionName=f"f{number}",
            Runtime="python3.12",
            Role=ROLE,
            Handler="app.handle",
            Code={"ZipFile": package.getvalue()},
        )
    for number in range(COUNT):
        _, queue = gateway.queue()
        gateway.client("lambda").create_event_source_mapping(FunctionName=f"f{number}", EventSourceArn=queue)
    until(
        lambda: gateway.client("lambda").list_event_source_mappings()["EventSourceMappings"],
        lambda mappings: all(one["State"] == "Enabled" for one in mappings),
    )
    return {
        "glue:ListCrawls": {"CrawlerName": "c0"},
        "glue:GetJobRuns": {"JobName": job},
        "glue:GetWorkflowRuns": {"Name": "w0"},
        "glue:ListWorkflows": {},
        "glue:GetDatabases": {},
        "glue:GetTables": {"DatabaseName": "pages0"},
        "glue:GetPartitions": {"DatabaseName": "pages0", "TableName": "t0"},
        "stepfunctions:ListStateMachines": {},
        "stepfunctions:ListExecutions": {"stateMachineArn": arns[0]},
        "stepfunctions:GetExecutionHistory": {"executionArn": executions[0]},
        "lambda:ListEventSourceMappings": {},
    }


# Asked of the catalog elsewhere, or with nothing to list: each with its reason.
NOT_MADE = {
    "glue:GetConnections": "the pipeline makes no connection",
    "glue:GetSecurityConfigurations": "moto makes them, the deployer reads none",
    "glue:GetTableVersions": "the crawler keeps one version",
    "mwaa:ListEnvironments": "one environment per local AWS",
    "redshift-serverless:ListWorkgroups": "one warehouse per local AWS",
}


def served_lists(gateway: Gateway) -> Iterator[tuple[str, str]]:
    """(service, operation) of everything served here whose model pages it."""
    served = {(SERVICES.get(service, service), operation) for service, operation in gateway.local.engines.served()}
    served |= {("glue", operation) for operation in GLUE_CATALOG}
    for service, operation in sorted(served):
        model = boto3.client(service, region_name="us-east-1").meta.service_model
        if operation in model.operation_names and paging_of(model.operation_model(operation)):
            yield service, operation


def pages(call: Callable[..., dict[str, Any]], paging: Any, given: dict[str, Any]) -> Iterator[list[Any]]:
    token: dict[str, Any] = {}
    for _ in range(1000):
        page = call(**given, **token, **{paging.size: 1})
        yield page[paging.listed]
        if not page.get(paging.next_token):
            return
        token = {paging.token: page[paging.next_token]}
    raise AssertionError("the list does not end")


def test_every_list_in_pages_of_one_is_the_whole_list(gateway: Gateway, made: dict[str, dict[str, Any]]) -> None:
    asked = 0
    for service, operation in served_lists(gateway):
        name = f"{service}:{operation}"
        if name in NOT_MADE:
            continue
        client = gateway.client(service)
        paging = paging_of(client.meta.service_model.operation_model(operation))
        assert paging is not None
        method = next(own for own, theirs in client.meta.method_to_api_mapping.items() if theirs == operation)
        given = made[name]  # a KeyError names a list that this test does not know
        call = getattr(client, method)
        whole = call(**given, **{paging.size: paging.largest})
        one_by_one = list(pages(call, paging, given))
        assert all(len(page) == 1 for page in one_by_one), name
        assert [page[0] for page in one_by_one] == whole[paging.listed], name
        assert len(one_by_one) >= 2, f"{name}: too few to page"
        asked += 1
    assert asked == len(made)


@pytest.mark.parametrize(
    ("service", "method", "arguments", "code"),
    [
        ("glue", "list_workflows", {"NextToken": "mine"}, "InvalidInputException"),
        ("stepfunctions", "list_state_machines", {"nextToken": "mine"}, "InvalidToken"),
        ("mwaa", "list_environments", {"NextToken": "mine"}, "ValidationException"),
    ],
)
def test_a_token_that_was_not_given_out_is_refused(
    gateway: Gateway, service: str, method: str, arguments: dict[str, Any], code: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(gateway.client(service), method)(**arguments)
    assert refused.value.response["Error"]["Code"] == code


def test_a_token_of_another_list_is_refused(gateway: Gateway, made: dict[str, dict[str, Any]]) -> None:
    glue = gateway.client("glue")
    token = glue.get_workflow_runs(Name="w0", MaxResults=1)["NextToken"]
    with pytest.raises(ClientError, match="InvalidInputException"):
        glue.list_workflows(NextToken=token)
