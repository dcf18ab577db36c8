"""Each ended workflow run is told once, by what really happened; COMPLETED alone says nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.environment import settings_from
from lambdas.publish_outcome.glue import GlueOutcomes, Settings
from lambdas.publish_outcome.workflow_runs import WorkflowRuns
from pipeline.errors import ConfigInvalid, RunNotSettled
from pipeline.names import Names
from pipeline.steps import PIPELINE
from tests.unit.lambdas.outcome_store import FakeStore, log_of

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)
STEPS = tuple(step.name for step in PIPELINE.working)
CLEAN = dict.fromkeys(STEPS, "SUCCEEDED")


def node(step: str, state: str, error: str | None = None) -> dict[str, Any]:
    failed = {"ErrorMessage": error} if error else {}
    if step.startswith("crawl"):
        name = "nf1-dev-crawl_raw" if step == "crawl_raw" else f"nf1-dev-{step}-glue"
        return {"Type": "CRAWLER", "Name": name, "CrawlerDetails": {"Crawls": [{"State": state, **failed}]}}
    run = {"Id": f"jr_{step}", "JobRunState": state, "StartedOn": BEGAN, "LogGroupName": "/aws-glue/jobs", **failed}
    return {"Type": "JOB", "Name": f"nf1-dev-{step}", "JobDetails": {"JobRuns": [run]}}


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


class FakeAws(FakeStore):
    """Glue's runs, beside S3 and SNS."""

    def __init__(self, *runs: dict[str, Any], publishing_fails: int = 0) -> None:
        super().__init__(publishing_fails=publishing_fails)
        self.pages = [list(runs)]

    def get_workflow_runs(self, *, Name: str, IncludeGraph: bool, NextToken: str = "0") -> dict[str, Any]:
        assert (Name, IncludeGraph) == ("w", True)
        page = int(NextToken)
        more = {"NextToken": str(page + 1)} if page + 1 < len(self.pages) else {}
        return {"Runs": self.pages[page], **more}


def publisher(aws: FakeAws) -> GlueOutcomes:
    runs = WorkflowRuns(glue=aws, workflow="w", names=Names.of_slug("nf1-dev"), lane="glue")
    return GlueOutcomes(runs=runs, publisher=aws.publisher("glue"))


SWEEP = {"detail-type": "Scheduled Event", "time": "2026-11-20T12:15:00Z", "detail": {}}


def job_event(step: str = "load_warehouse", state: str = "SUCCEEDED", time: str = "2026-11-20T12:10:00Z") -> Any:
    detail = {"jobName": f"nf1-dev-{step}", "jobRunId": f"jr_{step}", "state": state}
    return {"detail-type": "Glue Job State Change", "time": time, "detail": detail}


def test_a_clean_run_is_told_as_succeeded() -> None:
    aws = FakeAws(workflow_run(CLEAN))
    assert publisher(aws).answer(job_event()) == 1
    [message] = aws.messages
    assert message["subject"] == "SUCCEEDED: csv_to_parquet on glue"
    assert (message["status"], message["run_id"]) == ("succeeded", "wr_1")
    assert [claim["run_id"] for claim in aws.claims()] == ["wr_1"]


@pytest.mark.parametrize("failed", STEPS)
def test_a_completed_run_with_a_failed_step_is_told_as_failed_there(failed: str) -> None:
    states = dict.fromkeys(STEPS[: STEPS.index(failed)], "SUCCEEDED") | {failed: "FAILED"}
    aws = FakeAws(workflow_run(states, errors={failed: "RowsNotConserved: flights"}))
    publisher(aws).answer(job_event(failed, "FAILED"))
    [message] = aws.messages
    assert message["subject"] == f"FAILED: csv_to_parquet on glue at {failed}"
    assert message["error"] == "RowsNotConserved: flights"
    if failed.startswith("crawl"):
        assert log_of(message) == {}, "a crawl is no job run"
    else:
        assert log_of(message) == {
            "log": message["log"],
            "job_run": f"jr_{failed}",
            "log_groups": ["/aws-glue/jobs/output", "/aws-glue/jobs/error"],
            "log_stream": f"jr_{failed}-driver",
        }


@pytest.mark.parametrize("count", ["FailedActions", "TimeoutActions", "ErroredActions", "StoppedActions"])
def test_any_bad_count_in_the_statistics_is_a_failure(count: str) -> None:
    run = workflow_run(CLEAN)
    run["Statistics"][count] = 1
    aws = FakeAws(run)
    publisher(aws).answer(job_event())
    assert aws.messages[0]["status"] == "failed"


def test_a_completed_run_whose_last_step_never_ran_is_a_failure() -> None:
    aws = FakeAws(workflow_run(dict.fromkeys(STEPS[:-1], "SUCCEEDED")))
    publisher(aws).answer(job_event("aggregate"))
    [message] = aws.messages
    assert (message["status"], message["failed_step"]) == ("failed", "load_warehouse")
    assert "never started" in message["error"]
    assert log_of(message) == {}, "no other step's log says why"


def test_a_stopped_run_is_a_failure() -> None:
    aws = FakeAws(workflow_run({"crawl_raw": "SUCCEEDED", "convert": "STOPPED"}, status="STOPPED"))
    publisher(aws).answer(job_event("convert", "STOPPED"))
    assert aws.messages[0]["subject"] == "FAILED: csv_to_parquet on glue at convert"


def test_the_same_event_twice_tells_once() -> None:
    aws = FakeAws(workflow_run(CLEAN))
    assert [publisher(aws).answer(job_event()) for _ in range(3)] == [1, 0, 0]
    assert len(aws.messages) == 1


def test_every_run_of_every_page_is_told() -> None:
    aws = FakeAws(workflow_run(CLEAN, id="wr_1"))
    aws.pages.append([workflow_run(CLEAN, id="wr_2")])
    assert publisher(aws).answer(job_event()) == 2
    assert {message["run_id"] for message in aws.messages} == {"wr_1", "wr_2"}


def test_a_run_of_long_ago_is_left_alone() -> None:
    aws = FakeAws(workflow_run(CLEAN))
    assert publisher(aws).answer(job_event(time="2026-11-30T12:00:00Z")) == 0
    assert aws.messages == []


def test_a_run_in_the_middle_waits_for_its_next_event() -> None:
    aws = FakeAws(workflow_run({"crawl_raw": "SUCCEEDED", "convert": "SUCCEEDED"}, status="RUNNING"))
    assert publisher(aws).answer(job_event("convert")) == 0
    assert aws.objects == {}


def test_a_failure_beside_a_running_step_waits_for_it() -> None:
    states = {"crawl_raw": "SUCCEEDED", "convert": "SUCCEEDED", "verify": "FAILED", "crawl_curated": "RUNNING"}
    aws = FakeAws(workflow_run(states, status="RUNNING"))
    assert publisher(aws).answer(job_event("verify", "FAILED")) == 0


@pytest.mark.parametrize(
    "states",
    [CLEAN, {"crawl_raw": "SUCCEEDED", "convert": "FAILED"}],
    ids=["after the last step", "after a failure that ends it"],
)
def test_a_run_that_should_have_ended_is_asked_for_again(states: dict[str, str]) -> None:
    aws = FakeAws(workflow_run(states, status="RUNNING"))
    last = list(states)[-1]
    with pytest.raises(RunNotSettled, match="wr_1"):
        publisher(aws).answer(job_event(last, states[last]))
    aws.pages = [[workflow_run(states)]]
    assert publisher(aws).answer(job_event(last, states[last])) == 1


def test_a_graph_that_lags_behind_the_event_is_asked_for_again() -> None:
    states = {**CLEAN, "load_warehouse": "RUNNING"}
    aws = FakeAws(workflow_run(states, status="RUNNING"))
    with pytest.raises(RunNotSettled):
        publisher(aws).answer(job_event("load_warehouse"))


def test_another_lanes_job_does_not_disturb() -> None:
    aws = FakeAws(workflow_run({"crawl_raw": "SUCCEEDED", "convert": "RUNNING"}, status="RUNNING"))
    event = job_event("convert")
    event["detail"]["jobRunId"] = "jr_of_another_lane"
    assert publisher(aws).answer(event) == 0


def test_a_crawl_that_lags_behind_its_event_is_asked_for_again() -> None:
    aws = FakeAws(workflow_run({"crawl_raw": "RUNNING"}, status="RUNNING"))
    event = job_event()
    event["detail"] = {"crawlerName": "nf1-dev-crawl_raw", "state": "Succeeded"}
    with pytest.raises(RunNotSettled):
        publisher(aws).answer(event)


def test_a_resumed_run_needs_only_its_last_step() -> None:
    aws = FakeAws(workflow_run({"aggregate": "SUCCEEDED", "load_warehouse": "SUCCEEDED"}))
    publisher(aws).answer(job_event())
    assert aws.messages[0]["status"] == "succeeded"


def test_what_the_last_events_attempts_could_not_tell_the_sweep_tells() -> None:
    """Glue ends the run after Lambda's three attempts: the event is a dead letter, and the outcome is heard."""
    aws = FakeAws(workflow_run(CLEAN, status="RUNNING"))
    for _ in range(3):
        with pytest.raises(RunNotSettled):
            publisher(aws).answer(job_event())
    assert publisher(aws).answer(SWEEP) == 0, "a sweep waits for nobody"
    aws.pages = [[workflow_run(CLEAN)]]
    assert [publisher(aws).answer(SWEEP) for _ in range(2)] == [1, 0]
    assert [message["status"] for message in aws.messages] == ["succeeded"]


def test_an_ended_run_is_told_although_another_is_about_to_end() -> None:
    aws = FakeAws(workflow_run(CLEAN, status="RUNNING", id="wr_2"), workflow_run(CLEAN))
    with pytest.raises(RunNotSettled, match="wr_2"):
        publisher(aws).answer(job_event())
    assert [message["run_id"] for message in aws.messages] == ["wr_1"]


def test_the_latest_attempt_of_a_step_counts() -> None:
    run = workflow_run(CLEAN)
    details = next(node for node in run["Graph"]["Nodes"] if node["Name"] == "nf1-dev-convert")["JobDetails"]
    first = {"Id": "jr_0", "JobRunState": "FAILED", "StartedOn": datetime(2026, 11, 20, 11, tzinfo=UTC)}
    details["JobRuns"] = [details["JobRuns"][0], first]
    aws = FakeAws(run)
    publisher(aws).answer(job_event())
    assert aws.messages[0]["status"] == "succeeded"
    assert log_of(aws.messages[0]) == {}, "the first attempt failed, the run did not"


def test_the_log_is_that_of_the_latest_attempt() -> None:
    run = workflow_run({"crawl_raw": "SUCCEEDED", "convert": "FAILED"})
    details = run["Graph"]["Nodes"][1]["JobDetails"]
    first = details["JobRuns"][0] | {"Id": "jr_0", "StartedOn": datetime(2026, 11, 20, 11, tzinfo=UTC)}
    details["JobRuns"] = [details["JobRuns"][0], first]
    aws = FakeAws(run)
    publisher(aws).answer(job_event("convert", "FAILED"))
    assert aws.messages[0]["job_run"] == "jr_convert"


def test_missing_settings_are_all_named() -> None:
    with pytest.raises(ConfigInvalid, match="BUCKET, TOPIC_ARN, WORKFLOW, SLUG are missing"):
        settings_from({"LANE": "glue"}, Settings)
    full = {"WORKFLOW": "w", "SLUG": "nf1-dev", "LANE": "glue", "BUCKET": "b", "TOPIC_ARN": "t"}
    assert settings_from(full, Settings).workflow == "w"
