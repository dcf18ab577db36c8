"""Step Functions and Lambda behind the gateway: integrations, virtual waits, retries and dead letters."""

from __future__ import annotations

import io
import json
import urllib.request
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.behaviour.local_aws.conftest import ROLE, Gateway, until

HANDLER = """
import boto3
def handle(event, context):
    if event.get("fails"):
        raise ValueError("told to")
    arn = boto3.client("sts").get_caller_identity()["Arn"]
    return {"got": event, "as": arn, "ms": context.get_remaining_time_in_millis()}
"""


def function(gateway: Gateway, code: str = HANDLER, **more: Any) -> str:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as package:
        package.writestr("app.py", code)
    name = gateway.name("function")
    given = {"Runtime": "python3.12", "Role": ROLE, "Handler": "app.handle", "Timeout": 20, **more}
    gateway.client("lambda").create_function(FunctionName=name, Code={"ZipFile": sink.getvalue()}, **given)
    return name


def machine(gateway: Gateway, states: dict[str, Any]) -> str:
    definition = json.dumps({"StartAt": next(iter(states)), "States": states})
    created = gateway.client("stepfunctions").create_state_machine(
        name=gateway.name("machine"), definition=definition, roleArn=ROLE
    )
    return created["stateMachineArn"]


def executed(gateway: Gateway, arn: str, given: Any = None) -> dict[str, Any]:
    client = gateway.client("stepfunctions")
    execution = client.start_execution(stateMachineArn=arn, input=json.dumps(given or {}))["executionArn"]
    return until(lambda: client.describe_execution(executionArn=execution), lambda shown: shown["status"] != "RUNNING")


def skipped_seconds(gateway: Gateway, execution: dict[str, Any]) -> float:
    url = f"{gateway.local.endpoint}/_lab/skipped?execution={execution['executionArn']}"
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)["skipped_seconds"]


def task(resource: str, **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **more}


def test_a_function_answers_as_its_role(gateway: Gateway) -> None:
    answer = gateway.client("lambda").invoke(FunctionName=function(gateway), Payload=b'{"n": 1}')
    payload = json.loads(answer["Payload"].read())
    assert (payload["got"], payload["as"]) == ({"n": 1}, ROLE)
    assert 0 < payload["ms"] <= 20_000


def test_a_failing_function_says_so(gateway: Gateway) -> None:
    answer = gateway.client("lambda").invoke(FunctionName=function(gateway), Payload=b'{"fails": true}')
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == "ValueError"


def test_a_function_that_hangs_times_out(gateway: Gateway) -> None:
    name = function(gateway, "import threading\ndef handle(e, c): threading.Event().wait(60)", Timeout=1)
    answer = gateway.client("lambda").invoke(FunctionName=name)
    assert "timed out after 1.00 seconds" in json.loads(answer["Payload"].read())["errorMessage"]


def test_an_asynchronous_failure_is_retried_twice_and_ends_as_a_dead_letter(gateway: Gateway) -> None:
    url, arn = gateway.queue()
    name = function(gateway, DeadLetterConfig={"TargetArn": arn})
    answer = gateway.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b'{"fails": true}')
    assert answer["StatusCode"] == 202
    (letter,) = gateway.messages(url, 1)
    assert json.loads(letter["Body"]) == {"fails": True}
    assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"] == "told to"
    log = (gateway.local._state / "functions" / f"{name}.log").read_text()
    assert log.count("ValueError: told to") == 3


def test_an_asynchronous_success_leaves_no_dead_letter_and_reaches_its_destination(gateway: Gateway) -> None:
    dead_url, dead_arn = gateway.queue()
    url, arn = gateway.queue()
    name = function(gateway, DeadLetterConfig={"TargetArn": dead_arn})
    gateway.client("lambda").put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": arn}}
    )
    gateway.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    (record,) = gateway.messages(url, 1)
    assert json.loads(record["Body"])["requestContext"]["condition"] == "Success"
    assert "Messages" not in gateway.client("sqs").receive_message(QueueUrl=dead_url)


def test_a_wait_of_an_hour_costs_nothing_and_is_told(gateway: Gateway) -> None:
    ended = executed(
        gateway,
        machine(gateway, {"wait": {"Type": "Wait", "Seconds": 3600, "Next": "end"}, "end": {"Type": "Succeed"}}),
    )
    assert ended["status"] == "SUCCEEDED"
    assert (ended["stopDate"] - ended["startDate"]).total_seconds() < 30
    assert skipped_seconds(gateway, ended) > 3500


def test_a_job_is_waited_for_and_its_run_is_the_result(gateway: Gateway) -> None:
    name = gateway.job("convert", "pass")
    arn = machine(gateway, {"convert": task("arn:aws:states:::glue:startJobRun.sync", Parameters={"JobName": name})})
    ended = executed(gateway, arn)
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"])["JobRunState"] == "SUCCEEDED"


def test_a_failed_job_in_a_parallel_gives_its_own_error(gateway: Gateway) -> None:
    bad, good = gateway.job("verify", "raise ValueError('1 of 2')"), gateway.job("convert", "pass")
    branches = [
        {
            "StartAt": name,
            "States": {name: task("arn:aws:states:::glue:startJobRun.sync", Parameters={"JobName": name})},
        }
        for name in (bad, good)
    ]
    ended = executed(gateway, machine(gateway, {"both": {"Type": "Parallel", "Branches": branches, "End": True}}))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    assert "ValueError: 1 of 2" in json.loads(ended["cause"])["ErrorMessage"]


def test_a_stopped_execution_stops_its_job(gateway: Gateway) -> None:
    name = gateway.job("convert", "import threading; threading.Event().wait(60)")
    arn = machine(gateway, {"convert": task("arn:aws:states:::glue:startJobRun.sync", Parameters={"JobName": name})})
    states, glue = gateway.client("stepfunctions"), gateway.client("glue")
    execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    runs = until(lambda: glue.get_job_runs(JobName=name)["JobRuns"], bool)
    states.stop_execution(executionArn=execution)
    assert gateway.job_run(name, runs[0]["Id"])["JobRunState"] == "STOPPED"
    shown = until(lambda: states.describe_execution(executionArn=execution), lambda one: one["status"] != "RUNNING")
    assert shown["status"] == "ABORTED"


def test_service_errors_have_the_names_of_the_sdk_integrations(gateway: Gateway) -> None:
    arn = machine(gateway, {"crawl": task("arn:aws:states:::aws-sdk:glue:startCrawler", Parameters={"Name": "absent"})})
    assert executed(gateway, arn)["error"] == "Glue.EntityNotFoundException"


def test_dates_of_sdk_integrations_are_text_and_members_pascal_case(gateway: Gateway) -> None:
    resource = "arn:aws:states:::aws-sdk:sfn:describeStateMachine"
    arn = machine(gateway, {"self": task(resource, Parameters={"StateMachineArn.$": "$$.StateMachine.Id"})})
    shown = json.loads(executed(gateway, arn)["output"])
    assert shown["StateMachineArn"] == arn
    assert shown["CreationDate"].endswith("Z")


def test_a_redriven_execution_goes_on_where_it_failed(gateway: Gateway) -> None:
    first, second = gateway.job("convert", "pass"), gateway.job("verify", "pass")
    gateway.local.faults.set(["verify:fails:1"])
    sync = "arn:aws:states:::glue:startJobRun.sync"
    arn = machine(
        gateway,
        {
            "convert": {"Type": "Task", "Resource": sync, "Parameters": {"JobName": first}, "Next": "verify"},
            "verify": task(sync, Parameters={"JobName": second}),
        },
    )
    failed = executed(gateway, arn)
    assert failed["status"] == "FAILED"
    states = gateway.client("stepfunctions")
    states.redrive_execution(executionArn=failed["executionArn"])
    again = until(
        lambda: states.describe_execution(executionArn=failed["executionArn"]), lambda one: one["status"] != "RUNNING"
    )
    assert again["status"] == "SUCCEEDED"
    assert len(gateway.client("glue").get_job_runs(JobName=first)["JobRuns"]) == 1


@pytest.mark.parametrize(
    "states",
    [
        {"a": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "End": True}},
        {"a": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:ec2:describeVpcs", "End": True}},
        {"a": {"Type": "Nonsense"}},
    ],
)
def test_what_cannot_run_here_is_refused_when_it_is_created(gateway: Gateway, states: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        machine(gateway, states)
    assert refused.value.response["Error"]["Code"] == "InvalidDefinition"
