"""EventBridge behind the gateway: who hears of what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.behaviour.local_aws.conftest import ROLE, Gateway, until


def rule(gateway: Gateway, pattern: dict[str, Any], target: dict[str, Any], state: str = "ENABLED") -> str:
    name, events = gateway.name("rule"), gateway.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps(pattern), State=state)
    events.put_targets(Rule=name, Targets=[{"Id": "1", **target}])
    return name


def notifying_bucket(gateway: Gateway) -> str:
    bucket = gateway.bucket()
    gateway.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    return bucket


def created_in(bucket: str, prefix: str) -> dict[str, Any]:
    detail = {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": prefix}]}}
    return {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail}


def test_an_upload_under_the_prefix_reaches_the_queue_and_others_do_not(gateway: Gateway) -> None:
    bucket, (url, arn) = notifying_bucket(gateway), gateway.queue()
    rule(gateway, created_in(bucket, "landing/"), {"Arn": arn})
    s3 = gateway.client("s3")
    s3.put_object(Bucket=bucket, Key="curated/a", Body=b"")
    s3.put_object(Bucket=bucket, Key="landing/a", Body=b"12")
    (message,) = gateway.messages(url, 1)
    event = json.loads(message["Body"])
    assert (event["detail"]["object"]["key"], event["detail"]["object"]["size"]) == ("landing/a", 2)
    assert "Messages" not in gateway.client("sqs").receive_message(QueueUrl=url)


def test_a_bucket_without_eventbridge_tells_nobody(gateway: Gateway) -> None:
    quiet, loud, (url, arn) = gateway.bucket(), notifying_bucket(gateway), gateway.queue()
    rule(gateway, {"source": ["aws.s3"], "detail": {"object": {"key": ["told"]}}}, {"Arn": arn})
    for bucket in (quiet, loud):
        gateway.client("s3").put_object(Bucket=bucket, Key="told", Body=b"")
    (message,) = gateway.messages(url, 1)
    assert json.loads(message["Body"])["detail"]["bucket"]["name"] == loud


def test_a_disabled_rule_does_nothing(gateway: Gateway) -> None:
    bucket, (silent_url, silent_arn), (url, arn) = notifying_bucket(gateway), gateway.queue(), gateway.queue()
    rule(gateway, created_in(bucket, ""), {"Arn": silent_arn}, state="DISABLED")
    rule(gateway, created_in(bucket, ""), {"Arn": arn})
    gateway.client("s3").put_object(Bucket=bucket, Key="a", Body=b"")
    assert len(gateway.messages(url, 1)) == 1
    assert "Messages" not in gateway.client("sqs").receive_message(QueueUrl=silent_url)


def test_the_end_of_a_job_is_an_event_with_its_reason(gateway: Gateway) -> None:
    name, (url, arn) = gateway.job("convert", "raise ValueError('why')"), gateway.queue()
    rule(gateway, {"source": ["aws.glue"], "detail": {"jobName": [name], "state": ["FAILED"]}}, {"Arn": arn})
    run = gateway.run_job(name)
    (message,) = gateway.messages(url, 1)
    detail = json.loads(message["Body"])["detail"]
    assert (detail["jobRunId"], detail["message"]) == (run["Id"], run["ErrorMessage"])
    assert detail["message"].endswith("ValueError: why")


def test_an_event_starts_a_state_machine_with_a_transformed_input(gateway: Gateway) -> None:
    states = gateway.client("stepfunctions")
    definition = json.dumps({"StartAt": "end", "States": {"end": {"Type": "Succeed"}}})
    arn = states.create_state_machine(name=gateway.name("m"), definition=definition, roleArn=ROLE)["stateMachineArn"]
    transformer = {"InputPathsMap": {"k": "$.detail.object.key"}, "InputTemplate": '{"key": <k>}'}
    bucket = notifying_bucket(gateway)
    rule(gateway, created_in(bucket, ""), {"Arn": arn, "RoleArn": ROLE, "InputTransformer": transformer})
    gateway.client("s3").put_object(Bucket=bucket, Key='odd "name"', Body=b"")
    listed = until(lambda: states.list_executions(stateMachineArn=arn)["executions"], bool)
    shown = states.describe_execution(executionArn=listed[0]["executionArn"])
    assert json.loads(shown["input"]) == {"key": 'odd "name"'}


def test_what_cannot_be_delivered_is_a_dead_letter(gateway: Gateway) -> None:
    bucket, (url, arn) = notifying_bucket(gateway), gateway.queue()
    absent = "arn:aws:lambda:us-east-1:123456789012:function:absent"
    rule(gateway, created_in(bucket, ""), {"Arn": absent, "DeadLetterConfig": {"Arn": arn}})
    gateway.client("s3").put_object(Bucket=bucket, Key="a", Body=b"")
    (letter,) = gateway.messages(url, 1)
    assert "Function not found" in letter["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]


def test_an_event_starts_a_workflow_when_its_batch_is_full(gateway: Gateway) -> None:
    glue, name, job = gateway.client("glue"), gateway.name("workflow"), gateway.job("convert", "pass")
    glue.create_workflow(Name=name)
    glue.create_trigger(
        Name=f"{name}-start",
        WorkflowName=name,
        Type="EVENT",
        Actions=[{"JobName": job}],
        EventBatchingCondition={"BatchSize": 2},
    )
    bucket = notifying_bucket(gateway)
    arn = f"arn:aws:glue:us-east-1:123456789012:workflow/{name}"
    rule(gateway, created_in(bucket, ""), {"Arn": arn, "RoleArn": ROLE})
    s3 = gateway.client("s3")
    for key in ("a", "b"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    runs = until(lambda: glue.get_workflow_runs(Name=name)["Runs"], bool)
    assert len(runs) == 1


def test_an_operator_that_is_not_known_is_refused(gateway: Gateway) -> None:
    pattern = json.dumps({"detail": {"size": [{"cidr": "10.0.0.0/8"}]}})
    with pytest.raises(ClientError) as refused:
        gateway.client("events").put_rule(Name=gateway.name("rule"), EventPattern=pattern)
    assert refused.value.response["Error"]["Code"] == "InvalidEventPatternException"


def test_a_schedule_is_kept_and_shown(gateway: Gateway) -> None:
    scheduler, name = gateway.client("scheduler"), gateway.name("schedule")
    scheduler.create_schedule(
        Name=name,
        ScheduleExpression="rate(1 minute)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:m", "RoleArn": ROLE},
    )
    assert scheduler.get_schedule(Name=name)["ScheduleExpression"] == "rate(1 minute)"
    scheduler.delete_schedule(Name=name)
    with pytest.raises(ClientError):
        scheduler.get_schedule(Name=name)


def test_a_rate_fires_when_it_is_due_and_a_cron_never_does(gateway: Gateway, moved: Callable[[float], None]) -> None:
    (url, arn), (silent_url, silent_arn) = gateway.queue(), gateway.queue()
    rate = scheduled(gateway, "rate(5 minutes)", arn)
    scheduled(gateway, "cron(0/1 * * * ? *)", silent_arn)
    scheduled(gateway, "rate(1 minute)", silent_arn, state="DISABLED")
    moved(299)
    moved(1)
    (message,) = gateway.messages(url, 1)
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "Scheduled Event", {})
    assert event["resources"] == [f"arn:aws:events:us-east-1:123456789012:rule/{rate}"]
    moved(3600)
    assert len(gateway.messages(url, 1)) == 1, "an hour that nobody was there for is one firing, not twelve"
    for quiet in (url, silent_url):
        assert "Messages" not in gateway.client("sqs").receive_message(QueueUrl=quiet)


@pytest.mark.parametrize("expression", ["rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(5)", "cron(* *)"])
def test_a_schedule_that_eventbridge_does_not_take_is_refused(gateway: Gateway, expression: str) -> None:
    with pytest.raises(ClientError, match="ScheduleExpression is not valid"):
        gateway.client("events").put_rule(Name=gateway.name("rule"), ScheduleExpression=expression)


def test_calls_of_a_function_that_a_schedule_started_are_nobodys_activity(gateway: Gateway) -> None:
    keys, application = gateway.local.keys, gateway.local.application
    by_schedule = keys.mint(ROLE, by_schedule=True)
    before = application.last_call
    for key, counts in ((by_schedule, False), (keys.mint(ROLE), True)):
        boto3.client(
            "sqs",
            endpoint_url=gateway.local.endpoint,
            region_name="us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key="anything",
        ).list_queues()
        assert (application.last_call > before) == counts


def scheduled(gateway: Gateway, expression: str, arn: str, state: str = "ENABLED") -> str:
    name, events = gateway.name("rule"), gateway.client("events")
    events.put_rule(Name=name, ScheduleExpression=expression, State=state)
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": arn}])
    return name


@pytest.fixture
def moved(gateway: Gateway) -> Iterator[Callable[[float], None]]:
    """Moves the clock of the rules' schedules forward by seconds, and fires what is due then."""
    rules, real = gateway.local.rules, gateway.local.rules.now
    moment = [real()]
    rules.now = lambda: moment[0]

    def move(seconds: float) -> None:
        moment[0] += timedelta(seconds=seconds)
        rules.tick("us-east-1", "123456789012")

    yield move
    rules.now = real
