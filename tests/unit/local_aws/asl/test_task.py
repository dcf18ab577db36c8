"""Task: what reaches the seam, which events are written, and the timeout that nobody can ignore."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.asl import TaskError
from tests.unit.local_aws.asl.cases.machine import FUNCTION, JOB, Script, Trial, machine, run, sleeps, task


def test_parameters_result_and_paths() -> None:
    definition = machine(
        "T",
        T=task(
            InputPath="$.in",
            Parameters={"JobName.$": "$.job", "Arguments": {"--lane": "glue", "--try.$": "$$.State.RetryCount"}},
            ResultSelector={"state.$": "$.JobRunState", "seconds.$": "$.ExecutionTime"},
            ResultPath="$.run",
            OutputPath="$.run",
        ),
    )
    trial = Trial(definition, {"in": {"job": "convert"}}, T=[{"JobRunState": "SUCCEEDED", "ExecutionTime": 4, "x": 0}])
    assert trial.run().output == {"state": "SUCCEEDED", "seconds": 4}
    assert trial.tasks.calls[0][:2] == ("T", {"JobName": "convert", "Arguments": {"--lane": "glue", "--try": 0}})


def test_retry_count_is_in_the_context() -> None:
    definition = machine("T", T=task(Parameters={"n.$": "$$.State.RetryCount"}, Retry=[{"ErrorEquals": ["Busy"]}]))
    trial = Trial(definition, T=[TaskError("Busy"), TaskError("Busy"), {}])
    assert trial.run().status == "SUCCEEDED"
    assert [parameters for _, parameters, _ in trial.tasks.calls] == [{"n": 0}, {"n": 1}, {"n": 2}]


@pytest.mark.parametrize(
    ("resource", "kinds"),
    [
        (JOB, ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]),
        ("arn:aws:states:::aws-sdk:glue:startCrawler", ["TaskScheduled", "TaskStarted", "TaskSucceeded"]),
        ("arn:aws-cn:states:::sns:publish", ["TaskScheduled", "TaskStarted", "TaskSucceeded"]),
        (FUNCTION, ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"]),
    ],
)
def test_events_follow_the_kind_of_resource(resource: str, kinds: list[str]) -> None:
    trial = Trial(machine("T", T=task(resource)))
    assert trial.run().status == "SUCCEEDED"
    assert trial.types() == [
        "ExecutionStarted", "TaskStateEntered", *kinds, "TaskStateExited", "ExecutionSucceeded",
    ]  # fmt: skip


def test_scheduled_event_names_service_region_and_limits() -> None:
    trial = Trial(machine("T", T=task(TimeoutSeconds=60, HeartbeatSeconds=5, Parameters={"a": 1})))
    trial.run()
    assert trial.details("TaskScheduled") == [
        {
            "resourceType": "glue",
            "resource": "startJobRun.sync",
            "region": "us-east-1",
            "parameters": '{"a":1}',
            "timeoutInSeconds": 60,
            "heartbeatInSeconds": 5,
        }
    ]
    sdk = Trial(machine("T", T=task("arn:aws:states:::aws-sdk:glue:getCrawler")))
    sdk.run()
    assert sdk.details("TaskStarted") == [{"resourceType": "aws-sdk:glue", "resource": "getCrawler"}]


@pytest.mark.parametrize("fields", [{"TimeoutSeconds": 60}, {"TimeoutSecondsPath": "$.limit"}])
def test_timeout_ends_the_task_at_its_bound(fields: dict[str, Any]) -> None:
    trial = Trial(machine("T", T=task(**fields)), {"limit": 60}, T=[sleeps(3600, "too late")])
    outcome = trial.run()
    assert (outcome.status, outcome.error, outcome.cause) == ("FAILED", "States.Timeout", None)
    assert trial.seconds() == 60
    assert "TaskTimedOut" in trial.types()


def test_answer_in_time_is_taken() -> None:
    trial = Trial(machine("T", T=task(TimeoutSeconds=60)), T=[sleeps(59, "in time")])
    assert trial.run().output == "in time"


def test_timeout_sets_cancelled_even_for_a_seam_that_waits_for_ever() -> None:
    seen: list[bool] = []

    def stubborn(clock: Any, cancelled: Any) -> None:
        seen.append(clock.sleep(None, until=cancelled))

    trial = Trial(machine("T", T=task(TimeoutSeconds=10)), T=[stubborn])
    assert trial.run().error == "States.Timeout"
    trial.clock.sleep(1)
    assert seen == [True]


def test_timeout_applies_to_each_attempt() -> None:
    retry = [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1, "IntervalSeconds": 5}]
    trial = Trial(machine("T", T=task(TimeoutSeconds=60, Retry=retry)), T=[sleeps(3600), sleeps(30, "second")])
    assert trial.run().output == "second"
    assert trial.seconds() == 60 + 5 + 30


@pytest.mark.parametrize("value", [0, -1, "60", 1.5, True, None])
def test_timeout_from_a_path_must_be_a_positive_integer(value: Any) -> None:
    outcome = run(machine("T", T=task(TimeoutSecondsPath="$.limit")), {"limit": value})
    assert (outcome.status, outcome.error) == ("FAILED", "States.Runtime")
    assert "TimeoutSecondsPath" in outcome.cause


def test_broken_seam_fails_the_execution_loudly_and_is_not_retried() -> None:
    definition = machine("T", T=task(Retry=[{"ErrorEquals": ["States.ALL"]}]))
    trial = Trial(definition, T=[ValueError("a bug")])
    outcome = trial.run()
    assert (outcome.status, outcome.error) == ("FAILED", "States.Runtime")
    assert "ValueError: a bug" in outcome.cause
    assert len(trial.tasks.calls) == 1


def test_unanswered_question_of_the_seam_never_counts_as_success() -> None:
    trial = Trial(machine("T", T=task()), T=[TaskError("Glue.EntityNotFoundException", "no such job")])
    outcome = trial.run()
    assert (outcome.status, outcome.error) == ("FAILED", "Glue.EntityNotFoundException")
    assert isinstance(trial.tasks, Script)
    assert trial.details("TaskFailed")[0]["cause"] == "no such job"
