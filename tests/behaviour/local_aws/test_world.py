"""What a world keeps: objects with their versions and metadata, tables, messages, the warehouse; past stop and kill."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws.composition import LocalAws
from local_aws.deployer.deploy import gateway_clients
from local_aws.world.files import WorldRefused
from local_aws.world.world import World
from tests.behaviour.local_aws.conftest import until

BUCKET, DATABASE, QUEUE = "kept", "kept", "kept"
Start = Callable[[], LocalAws]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the local AWS over one and the same world; the one before is ended, and moto's memory with it."""
    running: list[LocalAws] = []

    def again() -> LocalAws:
        for one in running:
            one.stop()
        running.clear()
        reset_moto()
        local = LocalAws(state=tmp_path / "state", airflow_venv=Path("none"), world=tmp_path / "world")
        local.start()
        running.append(local)
        return local

    yield again
    for one in running:
        one.stop()
    reset_moto()


def reset_moto() -> None:
    """A new process begins with nothing; this one shares moto's backends with its predecessor."""
    from moto.backends import get_backend

    for service in ("s3", "glue", "sqs", "logs"):
        get_backend(service).reset()  # type: ignore[call-overload]


def client(local: LocalAws, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=local.endpoint,
        region_name="us-east-1",
        aws_access_key_id="lab",
        aws_secret_access_key="lab",
        config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False),
    )


def deployed(local: LocalAws) -> None:
    """The infrastructure that a deploy makes anew after each start."""
    s3 = client(local, "s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    client(local, "glue").create_database(DatabaseInput={"Name": DATABASE})
    client(local, "sqs").create_queue(QueueName=QUEUE)
    serverless = client(local, "redshift-serverless")
    serverless.create_namespace(namespaceName="kept", dbName="dev")
    serverless.create_workgroup(workgroupName="kept", namespaceName="kept")


def versions(local: LocalAws) -> list[tuple[str, str, bool]]:
    listed = client(local, "s3").list_object_versions(Bucket=BUCKET)
    entries = [(one["Key"], one["VersionId"], False) for one in listed.get("Versions", [])]
    return sorted(entries + [(one["Key"], one["VersionId"], True) for one in listed.get("DeleteMarkers", [])])


def sql(local: LocalAws, text: str) -> str:
    data = client(local, "redshift-data")
    statement = data.execute_statement(Sql=text, WorkgroupName="kept", Database="dev")["Id"]
    shown = until(lambda: data.describe_statement(Id=statement), lambda one: one["Status"] in ("FINISHED", "FAILED"))
    assert shown["Status"] == "FINISHED", shown
    return statement


def test_data_is_there_after_the_next_start(start: Start) -> None:
    local = start()
    deployed(local)
    s3 = client(local, "s3")
    first = s3.put_object(Bucket=BUCKET, Key="a/b c=ü.csv", Body=b"one", Metadata={"who": "me"})["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="a/b c=ü.csv", Body=b"two")
    s3.put_object(Bucket=BUCKET, Key="gone", Body=b"x")
    s3.delete_object(Bucket=BUCKET, Key="gone")
    s3.put_object(Bucket=BUCKET, Key="many", Body=b"x")
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "many"}]})
    glue = client(local, "glue")
    glue.create_table(DatabaseName=DATABASE, TableInput={"Name": "t", "PartitionKeys": [{"Name": "p"}]})
    glue.batch_create_partition(
        DatabaseName=DATABASE, TableName="t", PartitionInputList=[{"Values": ["1"]}, {"Values": ["2"]}]
    )
    sqs = client(local, "sqs")
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    sql(local, "CREATE TABLE kept (a bigint)")
    sql(local, "INSERT INTO kept VALUES (7)")
    before = versions(local)

    local = start()
    deployed(local)
    assert local.world is not None
    assert local.world.restore() == {"objects": 6, "tables": 1, "messages": 1, "logs": 0}

    assert versions(local) == before
    s3 = client(local, "s3")
    old = s3.get_object(Bucket=BUCKET, Key="a/b c=ü.csv", VersionId=first)
    assert (old["Body"].read(), old["Metadata"]) == (b"one", {"who": "me"})
    assert s3.get_object(Bucket=BUCKET, Key="a/b c=ü.csv")["Body"].read() == b"two"
    for key in ("gone", "many"):
        with pytest.raises(ClientError, match="404"):
            s3.head_object(Bucket=BUCKET, Key=key)
    partitions = client(local, "glue").get_partitions(DatabaseName=DATABASE, TableName="t")["Partitions"]
    assert [one["Values"] for one in partitions] == [["1"], ["2"]]
    received = client(local, "sqs").receive_message(QueueUrl=url)["Messages"]
    assert [one["Body"] for one in received] == ["hello"]
    statement = sql(local, "SELECT a FROM kept")
    rows = client(local, "redshift-data").get_statement_result(Id=statement)["Records"]
    assert rows == [[{"longValue": 7}]]


def test_what_a_deploy_writes_before_the_restore_does_not_replace_what_is_kept(start: Start) -> None:
    local = start()
    deployed(local)
    kept = client(local, "s3").put_object(Bucket=BUCKET, Key="k", Body=b"kept")["VersionId"]
    local = start()
    deployed(local)
    gateway_clients(local.endpoint, "us-east-1")("s3").put_object(Bucket=BUCKET, Key="k", Body=b"a deploy's")
    assert local.world is not None
    local.world.restore()
    assert [version for key, version, _ in versions(local)] == [kept]
    assert client(local, "s3").get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"kept"


def test_nothing_is_changed_by_hand_where_data_is_not_back_yet(start: Start) -> None:
    local = start()
    deployed(local)
    client(local, "s3").put_object(Bucket=BUCKET, Key="k", Body=b"kept")
    client(local, "glue").create_table(DatabaseName=DATABASE, TableInput={"Name": "t"})
    url = client(local, "sqs").get_queue_url(QueueName=QUEUE)["QueueUrl"]
    client(local, "sqs").send_message(QueueUrl=url, MessageBody="kept")

    local = start()
    deployed(local)
    s3, glue, sqs, sns = (client(local, service) for service in ("s3", "glue", "sqs", "sns"))
    topic = sns.create_topic(Name="t")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:123456789012:{QUEUE}")
    changes: dict[str, Callable[[], Any]] = {
        "objects of the bucket kept": lambda: s3.put_object(Bucket=BUCKET, Key="new", Body=b"by hand"),
        "objects of the bucket": lambda: s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "k"}]}),
        "tables of the database kept": lambda: glue.create_table(DatabaseName=DATABASE, TableInput={"Name": "new"}),
        "tables of the database": lambda: glue.delete_database(Name=DATABASE),
        "messages of the queue kept": lambda: sqs.send_message(QueueUrl=url, MessageBody="by hand"),
        "messages of the queue": lambda: sns.publish(TopicArn=topic, Message="by hand"),
    }
    for what, change in changes.items():
        with pytest.raises(ClientError, match=f"NotRestored.*{what}.*`lab deploy` puts them back"):
            change()
    s3.create_bucket(Bucket="another")
    s3.put_object(Bucket="another", Key="k", Body=b"by hand")

    assert local.world is not None
    assert local.world.restore() == {"objects": 1, "tables": 1, "messages": 1, "logs": 0}
    s3.put_object(Bucket=BUCKET, Key="new", Body=b"by hand")
    local = start()
    deployed(local)
    client(local, "s3").create_bucket(Bucket="another")
    assert local.world is not None
    assert local.world.restore() == {"objects": 3, "tables": 1, "messages": 1, "logs": 0}
    there = client(local, "s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [one["Key"] for one in there] == ["k", "new"]


def test_data_of_a_bucket_that_comes_late_waits_for_it(start: Start) -> None:
    local = start()
    client(local, "s3").create_bucket(Bucket=BUCKET)
    client(local, "s3").put_object(Bucket=BUCKET, Key="k", Body=b"kept")
    local = start()
    assert local.world is not None
    assert local.world.restore() == {"objects": 0, "tables": 0, "messages": 0, "logs": 0}
    assert local.world.waiting == {("objects", BUCKET)}
    s3 = client(local, "s3")
    s3.create_bucket(Bucket=BUCKET)
    with pytest.raises(ClientError, match="NotRestored"):
        s3.put_object(Bucket=BUCKET, Key="k", Body=b"in its place")
    local.world.restore()
    assert s3.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"kept"
    assert not local.world.waiting


def test_messages_of_a_deleted_queue_do_not_come_back_with_its_name(start: Start) -> None:
    local = start()
    sqs = client(local, "sqs")
    url = sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="old")
    sqs.delete_queue(QueueUrl=url)
    local = start()
    deployed(local)
    assert local.world is not None
    assert local.world.restore() == {"objects": 0, "tables": 0, "messages": 0, "logs": 0}


def test_a_deleted_message_and_table_stay_deleted(start: Start) -> None:
    local = start()
    deployed(local)
    sqs, glue = client(local, "sqs"), client(local, "glue")
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="once")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"])
    glue.create_table(DatabaseName=DATABASE, TableInput={"Name": "t"})
    glue.delete_table(DatabaseName=DATABASE, Name="t")
    local = start()
    deployed(local)
    assert local.world is not None
    assert local.world.restore() == {"objects": 0, "tables": 0, "messages": 0, "logs": 0}


def test_logs_are_there_after_the_next_start_and_grow_on(start: Start) -> None:
    def put(local: LocalAws, stream: str, *messages: str) -> None:
        events = [{"timestamp": round(time.time() * 1000), "message": message} for message in messages]
        client(local, "logs").put_log_events(logGroupName="/kept", logStreamName=stream, logEvents=events)

    def read(local: LocalAws, stream: str) -> list[str]:
        found = client(local, "logs").get_log_events(logGroupName="/kept", logStreamName=stream, startFromHead=True)
        return [event["message"] for event in found["events"]]

    local = start()
    logs = client(local, "logs")
    for group, stream in (("/kept", "a"), ("/kept", "gone"), ("/gone", "a")):
        if (group, stream) != ("/kept", "gone"):
            logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    put(local, "a", "one", "two")
    put(local, "a", "three")
    put(local, "gone", "deleted")
    logs.delete_log_stream(logGroupName="/kept", logStreamName="gone")
    event = {"timestamp": round(time.time() * 1000), "message": "deleted with its group"}
    logs.put_log_events(logGroupName="/gone", logStreamName="a", logEvents=[event])
    logs.delete_log_group(logGroupName="/gone")

    local = start()
    assert local.world is not None
    assert local.world.restore()["logs"] == 1
    assert read(local, "a") == ["one", "two", "three"]
    groups = client(local, "logs").describe_log_groups()["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["/kept"]
    put(local, "a", "four")
    local = start()
    assert local.world is not None
    local.world.restore()
    assert read(local, "a") == ["one", "two", "three", "four"]


def test_state_of_another_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "world.json").write_text(json.dumps({"format": 0, "moto": "1"}))
    (tmp_path / "mine").write_text("data")
    with pytest.raises(WorldRefused, match="'format': 0"):
        World(folder=tmp_path, account="123456789012", region="us-east-1")
    assert (tmp_path / "mine").read_text() == "data"
