"""The rendered state machine and its publisher as deployed code, jobs that do nothing: who says what, how often."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from pipeline.names import Names
from pipeline.steps import PIPELINE, Kind
from stacks.rendering.state_machine import definition
from tests.behaviour.local_aws.conftest import ROLE, Gateway, until
from tests.checkout import ROOT

LANE = "stepfunctions"
NAMES = Names(account="123456789012", region="us-east-1")
MACHINE = f"arn:aws:states:us-east-1:123456789012:stateMachine:{NAMES.state_machine}"
PUBLISHER = NAMES.publisher(LANE)
SWEEP = "sweep"


@dataclass(frozen=True, kw_only=True)
class Lab:
    """The lane behind the gateway; `url` is the queue that keeps each message."""

    gateway: Gateway
    url: str

    def script(self, step: str, text: str) -> None:
        self.gateway.client("s3").put_object(Bucket=NAMES.data_bucket, Key=f"scripts/{step}.py", Body=text.encode())

    def ended(self, execution: str) -> str:
        states = self.gateway.client("stepfunctions")
        shown = until(lambda: states.describe_execution(executionArn=execution), lambda one: one["status"] != "RUNNING")
        return shown["status"]

    def start(self, name: str) -> str:
        return self.gateway.client("stepfunctions").start_execution(stateMachineArn=MACHINE, name=name, input="{}")[
            "executionArn"
        ]

    def said(self, count: int) -> list[dict[str, Any]]:
        """Bodies of the next `count` messages."""
        found = []
        while len(found) < count:
            found += self.gateway.messages(self.url, 1)
        for message in found:
            self.gateway.client("sqs").delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(json.loads(message["Body"])["Message"]) for message in found]

    def is_silent(self) -> bool:
        """Every claim is settled and no message is left, after the sweep has looked once more."""
        answer = self.call({"detail-type": "Scheduled Event", "time": "2099-01-01T00:00:00Z", "detail": {}})
        return answer == {"sent": 0} and "Messages" not in self.gateway.client("sqs").receive_message(QueueUrl=self.url)

    def call(self, event: dict[str, Any]) -> Any:
        answered = self.gateway.client("lambda").invoke(FunctionName=PUBLISHER, Payload=json.dumps(event).encode())
        return json.loads(answered["Payload"].read())


@pytest.fixture(scope="module")
def lab(gateway: Gateway) -> Lab:
    s3, glue, sns, events = (gateway.client(name) for name in ("s3", "glue", "sns", "events"))
    s3.create_bucket(Bucket=NAMES.data_bucket)
    for dataset in ("landing", f"curated/{LANE}"):
        s3.put_object(Bucket=NAMES.data_bucket, Key=f"{dataset}/d/a.csv", Body=b"a,b\n1,x\n2,y\n3,z\n")
    topic, (url, queue) = sns.create_topic(Name=NAMES.outcomes)["TopicArn"], gateway.queue()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    made = Lab(gateway=gateway, url=url)
    for step in PIPELINE.steps:
        if step.kind is Kind.JOB:
            made.script(step.name, "pass")
            command = {"Name": "glueetl", "ScriptLocation": f"s3://{NAMES.data_bucket}/scripts/{step.name}.py"}
            glue.create_job(Name=NAMES.resource(step), Role=ROLE, Command=command, GlueVersion="5.1")
        elif step.kind is Kind.CRAWL:
            database = f"db_{step.name}"
            prefix = "landing/d/" if step.name == "crawl_raw" else f"curated/{LANE}/d/"
            glue.create_database(DatabaseInput={"Name": database})
            glue.create_crawler(
                Name=NAMES.resource(step, LANE),
                Role=ROLE,
                DatabaseName=database,
                Targets={"S3Targets": [{"Path": f"s3://{NAMES.data_bucket}/{prefix}"}]},
            )
    function = gateway.client("lambda").create_function(
        FunctionName=PUBLISHER,
        Runtime="python3.14",
        Role=ROLE,
        Handler=f"lambdas.publish_outcome.{LANE}.handle",
        Timeout=60,
        Code={"ZipFile": packed("lambdas", "pipeline")},
        Environment={
            "Variables": {
                "LANE": LANE,
                "BUCKET": NAMES.data_bucket,
                "TOPIC_ARN": topic,
                "MACHINE_ARN": MACHINE,
            }
        },
    )
    rendered = definition(PIPELINE, names=NAMES, lane=LANE, partition="aws", publisher=PUBLISHER)
    gateway.client("stepfunctions").create_state_machine(
        name=NAMES.state_machine, definition=json.dumps(rendered), roleArn=ROLE
    )
    pattern = {"source": ["aws.states"], "detail": {"status": ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]}}
    events.put_rule(Name="ended", EventPattern=json.dumps(pattern))
    events.put_rule(Name=SWEEP, ScheduleExpression="rate(5 minutes)")
    for rule in ("ended", SWEEP):
        events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": function["FunctionArn"]}])
    return made


def packed(*folders: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for folder in folders:
            for file in (ROOT / folder).rglob("*.py"):
                archive.write(file, file.relative_to(ROOT))
    return sink.getvalue()


def test_a_run_that_succeeds_is_told_once_although_step_event_and_sweep_all_call(lab: Lab) -> None:
    assert lab.ended(lab.start("clean")) == "SUCCEEDED"
    [message] = lab.said(1)
    assert (message["status"], message["run_id"]) == ("succeeded", "clean")
    assert lab.is_silent()


def test_a_run_that_fails_names_its_step_once_and_again_after_a_redrive(lab: Lab) -> None:
    lab.script("verify", "raise ValueError('ChecksumMismatched: flights')")
    try:
        execution = lab.start("broken")
        assert lab.ended(execution) == "FAILED"
        [message] = lab.said(1)
        assert (message["status"], message["failed_step"]) == ("failed", "verify")
        assert "ChecksumMismatched" in message["error"]
        assert lab.is_silent()
        lab.gateway.client("stepfunctions").redrive_execution(executionArn=execution)
        assert lab.ended(execution) == "FAILED"
        [again] = lab.said(1)
        assert again["outcome_id"] != message["outcome_id"]
        assert lab.is_silent()
    finally:
        lab.script("verify", "pass")


def test_a_run_that_is_stopped_is_told_by_its_event(lab: Lab) -> None:
    lab.script("convert", "import time\ntime.sleep(60)")
    try:
        execution = lab.start("stopped")
        states = lab.gateway.client("stepfunctions")
        until(
            lambda: states.get_execution_history(executionArn=execution)["events"],
            lambda events: any(one.get("stateEnteredEventDetails", {}).get("name") == "convert" for one in events),
        )
        states.stop_execution(executionArn=execution, error="Stopped", cause="by the test")
        [message] = lab.said(1)
        assert (message["status"], message["failed_step"]) == ("stopped", "convert")
        assert message["error"] == "Stopped: by the test"
        assert lab.is_silent()
    finally:
        lab.script("convert", "pass")


def test_what_neither_step_nor_event_could_send_the_sweep_sends(lab: Lab) -> None:
    lab.gateway.local.faults.set(["notify:fails"])
    lab.gateway.client("events").disable_rule(Name="ended")
    assert lab.ended(lab.start("unsent")) == "SUCCEEDED", "the work's outcome stands"
    assert "Messages" not in lab.gateway.client("sqs").receive_message(QueueUrl=lab.url)
    lab.gateway.local.faults.set([])
    rules, real = lab.gateway.local.rules, lab.gateway.local.rules.now
    rules.now = lambda: real() + timedelta(minutes=5)
    try:
        rules.tick("us-east-1", "123456789012")
        assert [one["run_id"] for one in lab.said(1)] == ["unsent"]
    finally:
        rules.now = real
        lab.gateway.client("events").enable_rule(Name="ended")
    assert lab.is_silent()
