"""Every end of an execution is told once: by its own step, by its event, or by the sweep, whichever comes first."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.publish_outcome.executions import Executions
from lambdas.publish_outcome.history_reading import has_published, this_start, unfinished_step
from lambdas.publish_outcome.stepfunctions import ExecutionOutcomes
from pipeline.steps import PIPELINE
from tests.unit.lambdas.outcome_store import FakeStore, log_of

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:nf1-dev-csv_to_parquet"
ARN = "arn:aws:states:us-east-1:123456789012:execution:nf1-dev-csv_to_parquet:run-1"


def entered(name: str) -> dict[str, Any]:
    return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": name}}


def left(name: str) -> dict[str, Any]:
    return {"type": "TaskStateExited", "stateExitedEventDetails": {"name": name}}


def succeeded(resource_type: str) -> dict[str, Any]:
    return {"type": "TaskSucceeded", "taskSucceededEventDetails": {"resourceType": resource_type}}


ABORTED = {"type": "ExecutionAborted", "executionAbortedEventDetails": {"error": "Stopped", "cause": "by the lab"}}
TIMED_OUT: dict[str, Any] = {"type": "ExecutionTimedOut", "executionTimedOutEventDetails": {}}
CONVERTING = [entered("crawl_raw"), left("crawl_raw"), entered("crawl_raw wait"), left("crawl_raw wait")]
CONVERTING += [entered("convert")]


REDRIVEN = {"type": "ExecutionRedriven"}
SWEEP = {"detail-type": "Scheduled Event", "time": "2026-11-20T12:15:00Z", "detail": {}}


def failed(cause: str) -> dict[str, Any]:
    return {"type": "ExecutionFailed", "executionFailedEventDetails": {"error": "JobFailed", "cause": cause}}


class FakeAws(FakeStore):
    """One execution and its history in pages of one event, beside S3 and SNS."""

    def __init__(self, *events: dict[str, Any], status: str, redrives: int = 0, **faults: int) -> None:
        super().__init__(**faults)
        self.events, self.status, self.redrives = events, status, redrives

    def described(self) -> dict[str, Any]:
        return {
            "executionArn": ARN,
            "name": "run-1",
            "status": self.status,
            "startDate": datetime(2026, 11, 20, 12, tzinfo=UTC),
            "redriveCount": self.redrives,
        }

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        assert executionArn == ARN
        return self.described()

    def list_executions(self, *, stateMachineArn: str, nextToken: str = "0", **_: Any) -> dict[str, Any]:
        assert stateMachineArn == MACHINE
        pages = [[{**self.described(), "name": "young", "status": "RUNNING"}], [self.described()]]
        at = int(nextToken)
        return {"executions": pages[at], **({"nextToken": str(at + 1)} if at + 1 < len(pages) else {})}

    def get_execution_history(self, *, executionArn: str, nextToken: str = "0", **_: Any) -> dict[str, Any]:
        assert executionArn == ARN
        at = int(nextToken)
        more = {"nextToken": str(at + 1)} if at + 1 < len(self.events) else {}
        return {"events": list(self.events[at : at + 1]), **more}


def answer(aws: FakeAws, event: dict[str, Any]) -> int:
    executions = Executions(states=aws, machine_arn=MACHINE, lane="stepfunctions")
    return ExecutionOutcomes(
        lane="stepfunctions", executions=executions, publisher=aws.publisher("stepfunctions")
    ).answer(event)


def change(status: str) -> dict[str, Any]:
    detail = {"executionArn": ARN, "name": "run-1", "status": status}
    return {"detail-type": "Step Functions Execution Status Change", "detail": detail}


def step(status: str, *, start: int = 0, cause: str | None = None) -> dict[str, Any]:
    failure = {"failure": {"Error": "JobFailed", "Cause": cause}} if cause else {}
    return {"notify": {"run_id": "run-1", "start": start, "status": status, **failure}}


def test_a_stopped_execution_is_told_as_stopped_where_it_stood() -> None:
    aws = FakeAws(*CONVERTING, ABORTED, status="ABORTED")
    assert answer(aws, change("ABORTED")) == 1
    [message] = aws.messages
    assert message.pop("outcome_id")
    assert message == {
        "subject": "STOPPED: csv_to_parquet on stepfunctions at convert",
        "status": "stopped",
        "pipeline": "csv_to_parquet",
        "lane": "stepfunctions",
        "run_id": "run-1",
        "failed_step": "convert",
        "error": "Stopped: by the lab",
    }


def test_an_execution_out_of_time_is_told_as_failed() -> None:
    aws = FakeAws(*CONVERTING, TIMED_OUT, status="TIMED_OUT")
    assert answer(aws, change("TIMED_OUT")) == 1
    [message] = aws.messages
    assert message["subject"] == "FAILED: csv_to_parquet on stepfunctions at convert"
    assert message["error"] == "the execution is TIMED_OUT"


CAUSE = "convert: States.TaskFailed NothingLanded: flights"


@pytest.mark.parametrize("ways", [["step", "event", "sweep"], ["event", "sweep", "step"], ["sweep", "step", "event"]])
@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_whichever_way_comes_first_tells_and_the_others_add_nothing(ways: list[str], status: str) -> None:
    aws = FakeAws(*CONVERTING, failed(CAUSE), status=status)
    cause = CAUSE if status == "FAILED" else None
    calls = {"step": step(status.lower(), cause=cause), "event": change(status), "sweep": SWEEP}
    assert [answer(aws, calls[way]) for way in ways] == [1, 0, 0]
    [message] = aws.messages
    assert (message["status"], message.get("failed_step")) == (status.lower(), "convert" if cause else None)
    assert message.get("error") == (f"JobFailed: {CAUSE}" if cause else None)
    assert log_of(message) == {}


JOB_RUN = {"Id": "jr_1", "JobRunState": "FAILED", "LogGroupName": "/aws-glue/jobs", "ErrorMessage": "NothingLanded: x"}


@pytest.mark.parametrize("way", ["step", "event", "sweep"])
def test_the_log_of_the_job_run_in_the_cause_is_named_whichever_way_tells(way: str) -> None:
    cause = f"convert: States.TaskFailed {json.dumps(JOB_RUN)}"
    aws = FakeAws(*CONVERTING, failed(cause), status="FAILED")
    answer(aws, {"step": step("failed", cause=cause), "event": change("FAILED"), "sweep": SWEEP}[way])
    [message] = aws.messages
    assert message["error"] == "JobFailed: convert: States.TaskFailed NothingLanded: x"
    assert message["failed_step"] == "convert"
    assert log_of(message) == {
        "log": message["log"],
        "job_run": "jr_1",
        "log_groups": ["/aws-glue/jobs/output", "/aws-glue/jobs/error"],
        "log_stream": "jr_1-driver",
    }


@pytest.mark.parametrize(
    "cause",
    [
        "crawl_raw: crawl FAILED",
        'crawl_raw: Glue.GlueException {"Message": "no"}',
        "convert: no end within 1800 seconds",
        f"convert: States.TaskFailed {json.dumps(JOB_RUN)[:-10]}",
    ],
    ids=["crawl", "crawl whose cause is JSON", "out of time", "cut off"],
)
@pytest.mark.parametrize("way", ["step", "event"])
def test_a_cause_without_a_job_run_names_no_log(way: str, cause: str) -> None:
    aws = FakeAws(*CONVERTING, failed(cause), status="FAILED")
    answer(aws, {"step": step("failed", cause=cause), "event": change("FAILED")}[way])
    [message] = aws.messages
    assert message["failed_step"] == cause.partition(":")[0]
    assert log_of(message) == {}


def test_an_execution_whose_step_could_not_publish_is_told_by_its_event() -> None:
    aws = FakeAws(*CONVERTING, status="SUCCEEDED", publishing_fails=1)
    with pytest.raises(Exception, match="NotificationFailed"):
        answer(aws, step("succeeded"))
    assert answer(aws, change("SUCCEEDED")) == 1


def test_a_redriven_execution_that_ends_again_is_told_again() -> None:
    aws = FakeAws(*CONVERTING, failed(CAUSE), status="FAILED")
    assert answer(aws, change("FAILED")) == 1
    aws.events = (*aws.events, REDRIVEN, *CONVERTING, failed("verify: ChecksumMismatched"))
    aws.redrives = 1
    assert answer(aws, change("FAILED")) == 1
    assert [message["failed_step"] for message in aws.messages] == ["convert", "verify"]
    assert len({message["outcome_id"] for message in aws.messages}) == 2


def test_a_late_event_of_an_execution_that_was_redriven_since_is_left_to_its_next_end() -> None:
    aws = FakeAws(*CONVERTING, status="RUNNING", redrives=1)
    assert answer(aws, change("FAILED")) == 0
    assert aws.messages == []


def test_an_execution_stopped_after_its_own_message_is_not_told_again() -> None:
    told = [left("convert"), entered("notify"), succeeded("lambda")]
    aws = FakeAws(*CONVERTING, *told, ABORTED, status="ABORTED")
    assert answer(aws, change("ABORTED")) == 0
    assert not has_published([succeeded("glue")]), "a job's success is no message"
    aws.events = (*aws.events, REDRIVEN, *CONVERTING, ABORTED)
    aws.redrives = 1
    assert answer(aws, change("ABORTED")) == 1, "what was told before a redrive is not told of what came after"
    assert this_start([succeeded("lambda"), REDRIVEN, ABORTED]) == [REDRIVEN, ABORTED]


@pytest.mark.parametrize(
    ("events", "step"),
    [
        ([], None),
        ([entered("crawl_raw wait")], "crawl_raw"),
        ([entered("convert"), left("convert")], "convert"),
        ([entered("crawl_curated and verify"), entered("verify")], "verify"),
        ([entered("crawl_curated and verify"), entered("verify"), entered("crawl_curated")], "crawl_curated"),
        ([entered("convert"), left("convert"), entered("notify_failure")], None),
    ],
)
def test_the_step_is_the_first_that_was_entered_and_not_left(events: list[dict[str, Any]], step: str | None) -> None:
    assert unfinished_step(events, PIPELINE) == step
