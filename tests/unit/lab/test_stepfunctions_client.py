"""The Step Functions client reads the history: where a run failed, how often it tried, what it is billed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from lab.orchestrators.stepfunctions import StateMachine, execution_arn, steps_of, transitions_of
from pipeline.steps import PIPELINE, Crawled, Kind, Pipeline, Step

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)
SMALL = Pipeline(
    name="small",
    steps=(
        Step(name="crawl_raw", kind=Kind.CRAWL, crawls=Crawled.LANDING),
        Step(name="convert", kind=Kind.JOB, after=("crawl_raw",)),
        Step(name="notify", kind=Kind.NOTIFY, after=("convert",)),
    ),
)


class History:
    """Builds events the way GetExecutionHistory chains them, one second apart."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def add(self, kind: str, **details: Any) -> History:
        number = len(self.events) + 1
        at = BEGAN + timedelta(seconds=number)
        self.events.append({"id": number, "previousEventId": number - 1, "type": kind, "timestamp": at, **details})
        return self

    def enter(self, state: str, kind: str = "Task") -> History:
        return self.add(f"{kind}StateEntered", stateEnteredEventDetails={"name": state})

    def leave(self, state: str, kind: str = "Task") -> History:
        return self.add(f"{kind}StateExited", stateExitedEventDetails={"name": state})

    def task(self, state: str, *, fails: int = 0) -> History:
        self.enter(state)
        for _ in range(fails):
            self.add("TaskScheduled").add("TaskFailed", taskFailedEventDetails={"error": "Glue.Boom"})
        return self.add("TaskScheduled").add("TaskSucceeded").leave(state)


class FakeStates:
    """One execution; history in pages of five."""

    def __init__(self, *, status: str, events: list[dict[str, Any]], error: str | None = None) -> None:
        self.execution = {"status": status, "startDate": BEGAN, "stopDate": BEGAN + timedelta(minutes=1)}
        if error:
            self.execution |= {"error": error, "cause": "a reason"}
        self.events = events
        self.started: list[dict[str, Any]] = []

    def start_execution(self, **asked: Any) -> dict[str, Any]:
        self.started.append(asked)
        return {}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        assert executionArn == "arn:aws:states:us-east-1:1:execution:m:run"
        return self.execution

    def get_execution_history(self, *, nextToken: str = "0", **_: Any) -> dict[str, Any]:
        at = int(nextToken)
        page: dict[str, Any] = {"events": self.events[at : at + 5]}
        return page | ({"nextToken": str(at + 5)} if at + 5 < len(self.events) else {})


def machine(**execution: Any) -> StateMachine:
    arn = "arn:aws:states:us-east-1:1:stateMachine:m"
    return StateMachine(states=FakeStates(**execution), machine_arn=arn, pipeline=SMALL)


def good() -> History:
    history = History().add("ExecutionStarted").task("crawl_raw")
    history.enter("crawl_raw wait", "Wait").leave("crawl_raw wait", "Wait").task("crawl_raw status")
    return history.task("convert", fails=1).task("notify")


def test_steps_are_told_from_their_states() -> None:
    crawl, convert, notify = steps_of(good().events, SMALL)
    assert (crawl.status, crawl.attempt, crawl.seconds) == ("succeeded", 1, 9.0)
    assert (convert.status, convert.attempt) == ("succeeded", 2)
    assert notify.status == "succeeded"


def test_retries_are_billed_as_transitions() -> None:
    entered = sum("Entered" in event["type"] for event in good().events)
    assert transitions_of(good().events) == entered + 1


def test_succeeded_execution_whose_every_step_succeeded_is_a_success() -> None:
    state = machine(status="SUCCEEDED", events=good().events).poll("run")
    assert (state.status, state.error) == ("succeeded", None)


def test_succeeded_execution_that_caught_a_failure_is_no_success() -> None:
    history = History().task("crawl_raw").enter("convert").add("TaskScheduled")
    history.add("TaskFailed", taskFailedEventDetails={"error": "Glue.Boom"}).leave("convert").task("notify")
    state = machine(status="SUCCEEDED", events=history.events).poll("run")
    assert state.status == "failed"
    assert "convert (failed)" in (state.error or "")


def test_succeeded_execution_that_skipped_a_step_is_no_success() -> None:
    state = machine(status="SUCCEEDED", events=History().task("crawl_raw").task("notify").events).poll("run")
    assert state.status == "failed"
    assert "convert (waiting)" in (state.error or "")


def test_failed_execution_names_step_and_error() -> None:
    history = History().task("crawl_raw").enter("convert").add("TaskScheduled")
    history.add("TaskFailed", taskFailedEventDetails={"error": "Glue.Boom"})
    state = machine(status="FAILED", events=history.events, error="JobFailed").poll("run")
    assert state.status == "failed"
    assert state.error == "step convert failed: JobFailed: a reason"


def test_timed_out_task_is_told_as_such() -> None:
    history = History().task("crawl_raw").enter("convert").add("TaskScheduled").add("TaskTimedOut")
    assert steps_of(history.events, SMALL)[1].status == "timed_out"


def test_fail_state_of_a_step_is_its_failure() -> None:
    history = History().task("crawl_raw").add("FailStateEntered", stateEnteredEventDetails={"name": "crawl_raw failed"})
    assert steps_of(history.events, SMALL)[0].status == "failed"


def test_failure_state_of_a_poll_is_its_steps_failure() -> None:
    history = History().task("crawl_raw").enter("crawl_raw finished?", "Choice").leave("crawl_raw finished?", "Choice")
    badly = history.enter("crawl_raw ended badly", "Pass").leave("crawl_raw ended badly", "Pass")
    assert steps_of(badly.events, SMALL)[0].status == "failed"
    late = History().task("crawl_raw").enter("crawl_raw timed out", "Pass").leave("crawl_raw timed out", "Pass")
    assert steps_of(late.events, SMALL)[0].status == "timed_out"


def test_parallel_state_named_after_its_branches_is_no_step() -> None:
    history = History().enter("convert and verify", "Parallel").add("ParallelStateStarted")
    assert steps_of(history.events, SMALL)[1].status == "waiting"


def test_step_that_a_failed_sibling_aborted_is_stopped_and_not_blamed() -> None:
    history = History().enter("crawl_raw").add("TaskScheduled").enter("convert").add("TaskScheduled")
    history.add("TaskFailed", taskFailedEventDetails={"error": "Glue.Boom"})
    state = machine(status="FAILED", events=history.events, error="JobFailed").poll("run")
    assert [step.status for step in state.steps] == ["stopped", "failed", "waiting"]
    assert (state.error or "").startswith("step convert failed")


def test_run_id_is_the_executions_name() -> None:
    run_id = machine(status="RUNNING", events=[]).start()
    arn = execution_arn("arn:aws:states:us-east-1:1:stateMachine:m", run_id)
    assert arn == f"arn:aws:states:us-east-1:1:execution:m:{run_id}"


def test_running_execution_is_running() -> None:
    history = History().task("crawl_raw").enter("convert").add("TaskScheduled")
    state = machine(status="RUNNING", events=history.events).poll("run")
    assert (state.status, state.steps[1].status, state.steps[2].status) == ("running", "running", "waiting")


def test_every_step_of_the_real_pipeline_has_its_own_state_name() -> None:
    names = [step.name for step in PIPELINE.steps]
    assert all(" " not in name for name in names), "the part before the first space names the step"
