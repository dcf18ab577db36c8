"""The Glue client believes graph and Statistics, never the word COMPLETED."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lab.orchestrators.glue import GlueWorkflow
from pipeline.steps import PIPELINE, Kind

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORK = PIPELINE.working
NODES = {f"nf1-dev-{step.name}": step.name for step in WORK}


def job_node(step: str, *states: str, error: str | None = None) -> dict[str, Any]:
    runs = [
        {
            "JobRunState": state,
            "StartedOn": BEGAN + timedelta(seconds=10 * number),
            "CompletedOn": BEGAN + timedelta(seconds=10 * number + 4),
            **({"ErrorMessage": error} if error and state == "FAILED" else {}),
        }
        for number, state in enumerate(states)
    ]
    return {"Type": "JOB", "Name": f"nf1-dev-{step}", "JobDetails": {"JobRuns": runs}}


def crawl_node(step: str, state: str) -> dict[str, Any]:
    crawl = {"State": state, "StartedOn": BEGAN, "CompletedOn": BEGAN + timedelta(seconds=3)}
    return {"Type": "CRAWLER", "Name": f"nf1-dev-{step}", "CrawlerDetails": {"Crawls": [crawl]}}


def nodes(**other: dict[str, Any]) -> list[dict[str, Any]]:
    """All steps succeeded, but for those given."""
    good = {
        step.name: crawl_node(step.name, "SUCCEEDED") if step.kind is Kind.CRAWL else job_node(step.name, "SUCCEEDED")
        for step in WORK
    }
    return [node for node in {**good, **other}.values() if node]


class FakeGlue:
    """A workflow run that answers what it is given."""

    def __init__(self, *, status: str, nodes: list[dict[str, Any]], statistics: dict[str, int]) -> None:
        self.run = {
            "Status": status,
            "Graph": {"Nodes": nodes},
            "Statistics": statistics,
            "StartedOn": BEGAN,
            "CompletedOn": BEGAN + timedelta(seconds=60),
        }
        self.stopped: list[str] = []

    def start_workflow_run(self, **_: Any) -> dict[str, str]:
        return {"RunId": "wr_1"}

    def get_workflow_run(self, **asked: Any) -> dict[str, Any]:
        assert asked == {"Name": "flow", "RunId": "wr_1", "IncludeGraph": True}
        return {"Run": self.run}

    def stop_workflow_run(self, *, Name: str, RunId: str) -> None:
        self.stopped.append(f"{Name}/{RunId}")


def client(**run: Any) -> tuple[GlueWorkflow, FakeGlue]:
    fake = FakeGlue(**{"status": "COMPLETED", "nodes": nodes(), "statistics": {"SucceededActions": len(WORK)}, **run})
    return GlueWorkflow(glue=fake, workflow="flow", nodes=NODES), fake


def test_completed_run_whose_every_step_succeeded_is_a_success() -> None:
    flow, _ = client()
    state = flow.poll(flow.start())
    assert state.status == "succeeded"
    assert [step.seconds for step in state.steps] == [3.0 if one.kind is Kind.CRAWL else 4.0 for one in WORK]


@pytest.mark.parametrize(
    ("count", "status"),
    [
        ("FailedActions", "failed"),
        ("ErroredActions", "failed"),
        ("TimeoutActions", "timed_out"),
        ("StoppedActions", "stopped"),
    ],
)
def test_completed_run_with_bad_actions_is_no_success(count: str, status: str) -> None:
    flow, _ = client(statistics={"SucceededActions": 5, count: 1})
    assert flow.poll("wr_1").status == status


def test_completed_run_with_a_failed_node_is_no_success_even_if_statistics_are_silent() -> None:
    flow, _ = client(nodes=nodes(verify=job_node("verify", "FAILED", error="RowsNotConserved: x")), statistics={})
    state = flow.poll("wr_1")
    assert state.status == "failed"
    assert "verify" in (state.error or "")
    assert "RowsNotConserved: x" in (state.error or "")


def test_completed_run_whose_last_step_never_ran_is_no_success() -> None:
    flow, _ = client(nodes=nodes(load_warehouse={}))
    state = flow.poll("wr_1")
    assert state.status == "failed"
    assert "load_warehouse (waiting)" in (state.error or "")


def test_cancelled_crawl_is_a_failure() -> None:
    flow, _ = client(nodes=nodes(crawl_raw=crawl_node("crawl_raw", "CANCELLED")), statistics={"FailedActions": 1})
    state = flow.poll("wr_1")
    assert state.failed_step is not None
    assert state.failed_step.name == "crawl_raw"


def test_attempts_are_counted_and_the_last_one_decides() -> None:
    flow, _ = client(nodes=nodes(convert=job_node("convert", "FAILED", "SUCCEEDED")))
    convert = flow.poll("wr_1").steps[1]
    assert (convert.attempt, convert.status, convert.seconds) == (2, "succeeded", 14.0)


@pytest.mark.parametrize(("word", "status"), [("STOPPED", "stopped"), ("ERROR", "failed"), ("RUNNING", "running")])
def test_status_words(word: str, status: str) -> None:
    flow, _ = client(status=word)
    assert flow.poll("wr_1").status == status


def test_stop_reaches_a_running_run_only() -> None:
    flow, fake = client(status="RUNNING")
    flow.stop("wr_1")
    ended, untouched = client()
    ended.stop("wr_1")
    assert (fake.stopped, untouched.stopped) == (["flow/wr_1"], [])
