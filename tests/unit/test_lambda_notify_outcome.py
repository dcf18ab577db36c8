"""Each ended workflow run is told once, by what really happened; COMPLETED alone says nothing."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.announcing import Announcer
from lambdas.claims import Claims
from lambdas.environment import settings_from
from lambdas.notify_outcome.settings import NotifySettings
from lambdas.notify_outcome.telling import Teller
from pipeline.errors import ConfigInvalid, NotificationFailed, RunNotSettled

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)
SETTINGS = NotifySettings(workflow="w", slug="nf1-dev", lane="glue", bucket="b", topic_arn="t")
STEPS = ("crawl_raw", "convert", "crawl_curated", "verify", "aggregate", "load_warehouse")
CLEAN = dict.fromkeys(STEPS, "SUCCEEDED")


def node(step: str, state: str, error: str | None = None) -> dict[str, Any]:
    failed = {"ErrorMessage": error} if error else {}
    if step.startswith("crawl"):
        name = "nf1-dev-crawl_raw" if step == "crawl_raw" else f"nf1-dev-{step}-glue"
        return {"Type": "CRAWLER", "Name": name, "CrawlerDetails": {"Crawls": [{"State": state, **failed}]}}
    runs = [{"Id": f"jr_{step}", "JobRunState": state, "StartedOn": BEGAN, **failed}]
    return {"Type": "JOB", "Name": f"nf1-dev-{step}", "JobDetails": {"JobRuns": runs}}


def workflow_run(
    states: dict[str, str], *, status: str = "COMPLETED", id: str = "wr_1", errors: dict[str, str] | None = None
) -> dict[str, Any]:
    bad = [state for state in states.values() if state == "FAILED"]
    return {
        "WorkflowRunId": id,
        "Status": status,
        "StartedOn": BEGAN,
        "Statistics": {"FailedActions": len(bad), "SucceededActions": len(states) - len(bad)},
        "Graph": {"Nodes": [node(step, state, (errors or {}).get(step)) for step, state in states.items()]},
    }


class FakeAws:
    """Glue's runs, S3's conditional writes and SNS, in memory."""

    def __init__(self, *runs: dict[str, Any], publishing_fails: int = 0) -> None:
        self.pages = [list(runs)]
        self.objects: dict[str, bytes] = {}
        self.messages: list[dict[str, str]] = []
        self.publishing_fails = publishing_fails

    def get_workflow_runs(self, *, Name: str, IncludeGraph: bool, NextToken: str = "0") -> dict[str, Any]:
        assert (Name, IncludeGraph) == ("w", True)
        page = int(NextToken)
        more = {"NextToken": str(page + 1)} if page + 1 < len(self.pages) else {}
        return {"Runs": self.pages[page], **more}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, IfNoneMatch: str) -> None:
        assert (Bucket, IfNoneMatch) == ("b", "*")
        if Key in self.objects:
            raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": "exists"}}, "PutObject")
        self.objects[Key] = Body

    def delete_object(self, *, Bucket: str, Key: str) -> None:
        del self.objects[Key]

    def publish(self, *, TopicArn: str, Subject: str, Message: str) -> None:
        if self.publishing_fails:
            self.publishing_fails -= 1
            raise ClientError({"Error": {"Code": "InternalError", "Message": "no"}}, "Publish")
        self.messages.append({"subject": Subject, **json.loads(Message)})


def teller(aws: FakeAws) -> Teller:
    return Teller(
        settings=SETTINGS,
        glue=aws,
        announcer=Announcer(sns=aws, topic_arn="t", claims=Claims(s3=aws, bucket="b", lane="glue")),
    )


def job_event(step: str = "load_warehouse", state: str = "SUCCEEDED", time: str = "2026-11-20T12:10:00Z") -> Any:
    detail = {"jobName": f"nf1-dev-{step}", "jobRunId": f"jr_{step}", "state": state}
    return {"time": time, "detail": detail}


def test_a_clean_run_is_told_as_succeeded() -> None:
    aws = FakeAws(workflow_run(CLEAN))
    assert teller(aws).tell(job_event()) == 1
    [message] = aws.messages
    assert message["subject"] == "SUCCEEDED: csv_to_parquet on glue"
    assert (message["status"], message["run_id"]) == ("succeeded", "wr_1")
    assert list(aws.objects) == ["outcomes/glue/claims/wr_1.json"]


@pytest.mark.parametrize("failed", STEPS)
def test_a_completed_run_with_a_failed_step_is_told_as_failed_there(failed: str) -> None:
    states = dict.fromkeys(STEPS[: STEPS.index(failed)], "SUCCEEDED") | {failed: "FAILED"}
    aws = FakeAws(workflow_run(states, errors={failed: "RowsNotConserved: flights"}))
    teller(aws).tell(job_event(failed, "FAILED"))
    [message] = aws.messages
    assert message["subject"] == f"FAILED: csv_to_parquet on glue at {failed}"
    assert message["error"] == "RowsNotConserved: flights"


@pytest.mark.parametrize("count", ["FailedActions", "TimeoutActions", "ErroredActions", "StoppedActions"])
def test_any_bad_count_in_the_statistics_is_a_failure(count: str) -> None:
    run = workflow_run(CLEAN)
    run["Statistics"][count] = 1
    aws = FakeAws(run)
    teller(aws).tell(job_event())
    assert aws.messages[0]["status"] == "failed"


def test_a_completed_run_whose_last_step_never_ran_is_a_failure() -> None:
    aws = FakeAws(workflow_run(dict.fromkeys(STEPS[:-1], "SUCCEEDED")))
    teller(aws).tell(job_event("aggregate"))
    [message] = aws.messages
    assert (message["status"], message["failed_step"]) == ("failed", "load_warehouse")
    assert "never started" in message["error"]


def test_a_stopped_run_is_a_failure() -> None:
    aws = FakeAws(workflow_run({"crawl_raw": "SUCCEEDED", "convert": "STOPPED"}, status="STOPPED"))
    teller(aws).tell(job_event("convert", "STOPPED"))
    assert aws.messages[0]["subject"] == "FAILED: csv_to_parquet on glue at convert"


def test_the_same_event_twice_tells_once() -> None:
    aws = FakeAws(workflow_run(CLEAN))
    assert [teller(aws).tell(job_event()) for _ in range(3)] == [1, 0, 0]
    assert len(aws.messages) == 1


def test_every_run_of_every_page_is_told() -> None:
    aws = FakeAws(workflow_run(CLEAN, id="wr_1"))
    aws.pages.append([workflow_run(CLEAN, id="wr_2")])
    assert teller(aws).tell(job_event()) == 2
    assert {message["run_id"] for message in aws.messages} == {"wr_1", "wr_2"}


def test_a_run_of_long_ago_is_left_alone() -> None:
    aws = FakeAws(workflow_run(CLEAN))
    assert teller(aws).tell(job_event(time="2026-11-30T12:00:00Z")) == 0
    assert aws.messages == []


def test_a_run_in_the_middle_waits_for_its_next_event() -> None:
    aws = FakeAws(workflow_run({"crawl_raw": "SUCCEEDED", "convert": "SUCCEEDED"}, status="RUNNING"))
    assert teller(aws).tell(job_event("convert")) == 0
    assert aws.objects == {}


def test_a_failure_beside_a_running_step_waits_for_it() -> None:
    states = {"crawl_raw": "SUCCEEDED", "convert": "SUCCEEDED", "verify": "FAILED", "crawl_curated": "RUNNING"}
    aws = FakeAws(workflow_run(states, status="RUNNING"))
    assert teller(aws).tell(job_event("verify", "FAILED")) == 0


@pytest.mark.parametrize(
    "states",
    [CLEAN, {"crawl_raw": "SUCCEEDED", "convert": "FAILED"}],
    ids=["after the last step", "after a failure that ends it"],
)
def test_a_run_that_should_have_ended_is_asked_for_again(states: dict[str, str]) -> None:
    aws = FakeAws(workflow_run(states, status="RUNNING"))
    last = list(states)[-1]
    with pytest.raises(RunNotSettled, match="wr_1"):
        teller(aws).tell(job_event(last, states[last]))
    aws.pages = [[workflow_run(states)]]
    assert teller(aws).tell(job_event(last, states[last])) == 1


def test_a_graph_that_lags_behind_the_event_is_asked_for_again() -> None:
    states = {**CLEAN, "load_warehouse": "RUNNING"}
    aws = FakeAws(workflow_run(states, status="RUNNING"))
    with pytest.raises(RunNotSettled):
        teller(aws).tell(job_event("load_warehouse"))


def test_another_lanes_job_does_not_disturb() -> None:
    aws = FakeAws(workflow_run({"crawl_raw": "SUCCEEDED", "convert": "RUNNING"}, status="RUNNING"))
    event = job_event("convert")
    event["detail"]["jobRunId"] = "jr_of_another_lane"
    assert teller(aws).tell(event) == 0


def test_a_crawl_that_lags_behind_its_event_is_asked_for_again() -> None:
    aws = FakeAws(workflow_run({"crawl_raw": "RUNNING"}, status="RUNNING"))
    event = {"time": "2026-11-20T12:10:00Z", "detail": {"crawlerName": "nf1-dev-crawl_raw", "state": "Succeeded"}}
    with pytest.raises(RunNotSettled):
        teller(aws).tell(event)


def test_a_resumed_run_needs_only_its_last_step() -> None:
    aws = FakeAws(workflow_run({"aggregate": "SUCCEEDED", "load_warehouse": "SUCCEEDED"}))
    teller(aws).tell(job_event())
    assert aws.messages[0]["status"] == "succeeded"


def test_an_unsent_message_gives_its_claim_back_and_is_sent_by_the_next_attempt() -> None:
    aws = FakeAws(workflow_run(CLEAN), publishing_fails=1)
    with pytest.raises(NotificationFailed, match="wr_1 succeeded"):
        teller(aws).tell(job_event())
    assert aws.objects == {}
    assert teller(aws).tell(job_event()) == 1
    assert len(aws.messages) == 1


def test_the_latest_attempt_of_a_step_counts() -> None:
    run = workflow_run(CLEAN)
    details = next(node for node in run["Graph"]["Nodes"] if node["Name"] == "nf1-dev-convert")["JobDetails"]
    first = {"Id": "jr_0", "JobRunState": "FAILED", "StartedOn": datetime(2026, 11, 20, 11, tzinfo=UTC)}
    details["JobRuns"] = [details["JobRuns"][0], first]
    aws = FakeAws(run)
    teller(aws).tell(job_event())
    assert aws.messages[0]["status"] == "succeeded"


def test_missing_settings_are_all_named() -> None:
    with pytest.raises(ConfigInvalid, match="SLUG, LANE, BUCKET, TOPIC_ARN are missing"):
        settings_from({"WORKFLOW": "w"}, NotifySettings)
    full = {"WORKFLOW": "w", "SLUG": "nf1-dev", "LANE": "glue", "BUCKET": "b", "TOPIC_ARN": "t"}
    assert settings_from(full, NotifySettings) == SETTINGS
