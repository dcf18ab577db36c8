"""The gateway itself: what it records, refuses and drops."""

from __future__ import annotations

import errno
import json
import threading
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from local_aws.gateway.application import failure_text
from tests.behaviour.local_aws.conftest import Gateway


def control(gateway: Gateway, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{gateway.local.endpoint}/_lab/{path}", data=data, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.parametrize(
    ("service", "operation"),
    [("glue", "list_blueprints"), ("ec2", "describe_vpcs"), ("dynamodb", "list_tables"), ("glue", "list_sessions")],
)
def test_an_operation_that_nobody_serves_is_refused_by_name(gateway: Gateway, service: str, operation: str) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(gateway.client(service), operation)()
    assert refused.value.response["Error"]["Code"] == "NotImplementedLocally"
    assert service in refused.value.response["Error"]["Message"]
    assert 400 <= refused.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500


@pytest.mark.parametrize(
    ("service", "call"),
    [("cloudwatch", "list_metrics"), ("efs", "describe_file_systems"), ("athena", "list_work_groups")],
)
def test_a_service_that_nobody_serves_is_refused_by_name(gateway: Gateway, service: str, call: str) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(gateway.client(service), call)()
    assert refused.value.response["Error"]["Code"] == "NotImplementedLocally"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_full_disk_and_a_defect_are_told_apart_with_place_and_log() -> None:
    def fails(error: Exception) -> str:
        try:
            raise error
        except Exception as raised:
            return failure_text(raised)

    full = fails(OSError(errno.ENOSPC, "No space left on device", "/data/x.parquet"))
    assert "DiskFull" in full
    assert "/data/x.parquet" in full
    assert "in test_gateway_calls.py:" in full
    assert "log" in full
    assert "the local AWS itself failed: KeyError: 'x'" in fails(KeyError("x"))


def test_invalid_input_is_refused_before_an_engine_sees_it(gateway: Gateway) -> None:
    request = urllib.request.Request(
        gateway.local.endpoint,
        data=b'{"JobName": 7}',
        headers={
            "X-Amz-Target": "AWSGlue.StartJobRun",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=k/20261120/us-east-1/glue/aws4_request, x",
        },
        method="POST",
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 400
    assert json.load(refused.value)["__type"] == "ValidationException"


def test_a_request_without_a_credential_is_refused(gateway: Gateway) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{gateway.local.endpoint}/bucket")
    assert refused.value.code == 403


def test_every_call_is_recorded_with_role_resource_and_error(gateway: Gateway) -> None:
    bucket = gateway.bucket()
    with pytest.raises(ClientError):
        gateway.client("s3").get_object(Bucket=bucket, Key="absent")
    _, calls = control(gateway, "GET", "calls?since=0")
    last = [call for call in calls if call["operation"] == "GetObject"][-1]
    assert last["service"] == "s3"
    assert last["role"] == "lab"
    assert last["resources"] == [bucket, "absent"]
    assert (last["status"], last["error"]) == (404, "NoSuchKey")
    assert last["latency_ms"] > 0


def test_calls_since_a_moment_leave_earlier_ones_out(gateway: Gateway) -> None:
    gateway.bucket()
    _, calls = control(gateway, "GET", "calls?since=99999999999")
    assert calls == []
    assert control(gateway, "GET", "calls?since=yesterday")[0] == 400


def test_the_second_conditional_write_loses(gateway: Gateway) -> None:
    bucket, s3 = gateway.bucket(), gateway.client("s3")
    s3.put_object(Bucket=bucket, Key="entry", Body=b"first", IfNoneMatch="*")
    with pytest.raises(ClientError) as lost:
        s3.put_object(Bucket=bucket, Key="entry", Body=b"second", IfNoneMatch="*")
    assert lost.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert s3.get_object(Bucket=bucket, Key="entry")["Body"].read() == b"first"


def test_of_many_conditional_writes_at_once_one_wins(gateway: Gateway) -> None:
    bucket, outcomes = gateway.bucket(), []

    def write(number: int) -> None:
        try:
            gateway.client("s3").put_object(Bucket=bucket, Key="entry", Body=str(number).encode(), IfNoneMatch="*")
            outcomes.append("won")
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["PreconditionFailed"] * 7 + ["won"]


def test_a_form_encoded_put_keeps_its_body_and_metadata_keeps_underscores(gateway: Gateway) -> None:
    bucket, s3 = gateway.bucket(), gateway.client("s3")
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "form"})
    urllib.request.urlopen(urllib.request.Request(url, data=b"a=1&b=2", method="PUT")).close()
    assert s3.get_object(Bucket=bucket, Key="form")["Body"].read() == b"a=1&b=2"
    s3.put_object(Bucket=bucket, Key="meta", Body=b"", Metadata={"row_count": "7"})
    assert s3.head_object(Bucket=bucket, Key="meta")["Metadata"] == {"row_count": "7"}


def test_an_assumed_role_is_the_caller(gateway: Gateway) -> None:
    role = "arn:aws:iam::123456789012:role/assumed"
    given = gateway.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    assert gateway.local.keys.holder(given["AccessKeyId"]).role == role
    assert gateway.local.keys.holder("anybody").role == "lab"


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("nosuch:fails", "no deployed resource carries step 'nosuch'"),
        ("convert:explodes", "kind 'explodes'"),
        ("convert", "STEP:KIND"),
        ("convert:fails:0", "number from 1"),
        ("notify:killed", "kind 'killed'"),
    ],
)
def test_a_bad_fault_rule_is_refused_with_what_there_is(gateway: Gateway, rule: str, told: str) -> None:
    gateway.job("convert", "pass")
    status, answer = control(gateway, "PUT", "faults", {"rules": [rule]})
    assert status == 400
    assert told in answer["message"]


def test_fault_rules_are_set_and_removed(gateway: Gateway) -> None:
    name = gateway.job("convert", "pass")
    assert control(gateway, "PUT", "faults", {"rules": ["convert:denied"]})[0] == 200
    with pytest.raises(ClientError) as denied:
        gateway.client("glue").start_job_run(JobName=name)
    assert denied.value.response["Error"]["Code"] == "AccessDeniedException"
    control(gateway, "DELETE", "faults")
    assert gateway.run_job(name)["JobRunState"] == "SUCCEEDED"


def test_a_lost_reply_has_its_effect(gateway: Gateway) -> None:
    name = gateway.job("convert", "pass")
    gateway.local.faults.set(["convert:response_lost:1"])
    with pytest.raises(ConnectionClosedError):
        gateway.client("glue").start_job_run(JobName=name)
    runs = gateway.client("glue").get_job_runs(JobName=name)["JobRuns"]
    assert len(runs) == 1
    assert gateway.job_run(name, runs[0]["Id"])["JobRunState"] == "SUCCEEDED"


def test_a_failing_notification_publishes_nothing_and_the_next_one_does(gateway: Gateway) -> None:
    url, arn = gateway.queue()
    sns = gateway.client("sns")
    topic = sns.create_topic(Name=gateway.name("topic"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    gateway.local.faults.set(["notify:denied:1"])
    with pytest.raises(ClientError) as denied:
        sns.publish(TopicArn=topic, Message="first")
    assert denied.value.response["Error"]["Code"] == "AuthorizationError"
    sns.publish(TopicArn=topic, Message="second")
    assert [json.loads(one["Body"])["Message"] for one in gateway.messages(url, 1)] == ["second"]
