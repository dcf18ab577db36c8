"""The synthesised definition, executed: every step's failure ends the run FAILED with one notice that names it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from local_aws.asl import Execution, Failed, Succeeded, TaskError, parse
from local_aws.clocks.clock import VirtualClock
from pipeline.steps import PIPELINE, Kind
from tests.infrastructure.graph import definition_of

WORKING = [step for step in PIPELINE.steps if step.kind is not Kind.NOTIFY]
JOBS = [step.name for step in WORKING if step.kind is Kind.JOB]
CRAWLS = [step.name for step in WORKING if step.kind is Kind.CRAWL]


class FakeServices:
    """Glue and the publisher as the machine sees them; `failing` maps a step to the error of each of its calls."""

    def __init__(self, clock: VirtualClock, *, failing: dict[str, str] | None = None, last_crawl: str = "SUCCEEDED"):
        self.clock, self.failing, self.last_crawl = clock, failing or {}, last_crawl
        self.notices: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.crawls: dict[str, str] = {}

    def __call__(self, resource: str, parameters: dict[str, Any], *, state_name: str, **_: Any) -> Any:
        self.calls.append(state_name)
        if state_name in self.failing:
            raise TaskError(self.failing[state_name], "as the test asked")
        if resource.endswith("lambda:invoke"):
            assert parameters["FunctionName"] == "nf1-dev-publish_outcome-stepfunctions"
            self.notices.append(parameters["Payload"]["notify"])
            return {"Payload": {"sent": 1}}
        if resource.endswith("startCrawler"):
            self.crawls[parameters["Name"]] = self.clock.now().isoformat().replace("+00:00", "Z")
            return {}
        if resource.endswith("getCrawler"):
            last = {"StartTime": self.crawls[parameters["Name"]], "Status": self.last_crawl}
            return {"Crawler": {"State": "READY", "LastCrawl": last}}
        return {"JobRunState": "SUCCEEDED"}


def run(template: Callable[..., dict[str, Any]], **faults: Any) -> tuple[Any, FakeServices]:
    clock = VirtualClock()
    services = FakeServices(clock, **faults)
    machine = parse(definition_of(template("NF1-StepFunctions-Lab")))
    context = {"Execution": {"Name": "run-1"}}
    return Execution(machine=machine, input={}, tasks=services, clock=clock, context=context).run(), services


def test_a_clean_run_succeeds_with_one_notice(template: Callable[..., dict[str, Any]]) -> None:
    outcome, services = run(template)
    assert isinstance(outcome, Succeeded), outcome
    assert services.notices == [{"status": "succeeded", "run_id": "run-1", "start": 0}]
    assert len(json.dumps(outcome.output)) < 2000, "results must not pile up in the state"


@pytest.mark.parametrize("step", [step.name for step in WORKING])
def test_a_failing_step_ends_the_run_failed_with_one_notice(template: Callable[..., dict[str, Any]], step: str) -> None:
    outcome, services = run(template, failing={step: "States.TaskFailed"})
    assert isinstance(outcome, Failed), outcome
    assert outcome.error == ("CrawlFailed" if step in CRAWLS else "JobFailed")
    assert str(outcome.cause).startswith(f"{step}: ")
    [notice] = services.notices
    assert (notice["status"], notice["run_id"], notice["start"]) == ("failed", "run-1", 0)
    assert notice["failure"] == {"Error": outcome.error, "Cause": outcome.cause}
    assert "load_warehouse" not in services.calls or step == "load_warehouse"


@pytest.mark.parametrize("step", JOBS)
def test_a_failed_job_is_tried_again_as_often_as_its_step_says(
    template: Callable[..., dict[str, Any]], step: str
) -> None:
    _, services = run(template, failing={step: "States.TaskFailed"})
    assert services.calls.count(step) == 1 + PIPELINE.step(step).retry.attempts


@pytest.mark.parametrize("step", [step.name for step in WORKING])
def test_what_was_denied_is_not_asked_again(template: Callable[..., dict[str, Any]], step: str) -> None:
    outcome, services = run(template, failing={step: "Glue.AccessDeniedException"})
    assert isinstance(outcome, Failed)
    assert services.calls.count(step) == 1


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_a_crawl_that_is_ready_but_failed_fails_the_run(template: Callable[..., dict[str, Any]], status: str) -> None:
    outcome, services = run(template, last_crawl=status)
    assert outcome == Failed(error="CrawlFailed", cause=f"crawl_raw: crawl {status}")
    assert [notice["failure"]["Cause"] for notice in services.notices] == [
        "crawl_raw: crawl FAILED".replace("FAILED", status)
    ]


def test_a_crawl_of_before_does_not_count_and_the_wait_ends(template: Callable[..., dict[str, Any]]) -> None:
    class Stale(FakeServices):
        def __call__(self, resource: str, parameters: dict[str, Any], **rest: Any) -> Any:
            answer = super().__call__(resource, parameters, **rest)
            if resource.endswith("getCrawler"):
                answer["Crawler"]["LastCrawl"]["StartTime"] = "2020-01-01T00:00:00Z"
            return answer

    clock = VirtualClock()
    services = Stale(clock)
    machine = parse(definition_of(template("NF1-StepFunctions-Lab")))
    outcome = Execution(machine=machine, input={}, tasks=services, clock=clock).run()
    assert isinstance(outcome, Failed)
    assert outcome.error == "CrawlTimedOut"
    step = PIPELINE.step("crawl_raw")
    assert services.calls.count("crawl_raw status") == step.timeout_seconds / step.poll_seconds


def test_an_unsent_success_leaves_the_outcome_and_shows(template: Callable[..., dict[str, Any]]) -> None:
    outcome, services = run(template, failing={"notify": "NotificationFailed"})
    assert isinstance(outcome, Succeeded)
    assert outcome.output["failure"]["Error"] == "NotificationFailed"
    assert services.notices == []


def test_an_unsent_failure_still_ends_failed(template: Callable[..., dict[str, Any]]) -> None:
    outcome, _ = run(template, failing={"convert": "States.TaskFailed", "notify_failure": "NotificationFailed"})
    assert isinstance(outcome, Failed)
    assert outcome.error == "JobFailed"
