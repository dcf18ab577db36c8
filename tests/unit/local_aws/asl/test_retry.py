"""Retry and Catch: who answers a failure, how long is waited, and what is billed."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.asl import TaskError
from tests.unit.local_aws.asl.cases.machine import Trial, machine, task

BUSY, DENIED, LATE = TaskError("Busy", "try later"), TaskError("Denied", "no"), TaskError("States.Timeout")


def trial(answers: list[Any], *, seed: int = 7, **fields: Any) -> Trial:
    definition = machine("T", T=task(**fields), **({"C": {"Type": "Succeed"}} if "Catch" in fields else {}))
    return Trial(definition, {"in": 1}, seed=seed, T=answers)


@pytest.mark.parametrize(
    ("retrier", "moments"),
    [
        ({}, [0, 1, 3, 7]),
        ({"IntervalSeconds": 10, "BackoffRate": 1.5, "MaxAttempts": 2}, [0, 10, 25]),
        ({"IntervalSeconds": 10, "MaxAttempts": 4, "MaxDelaySeconds": 25}, [0, 10, 30, 55, 80]),
        ({"MaxAttempts": 0}, [0]),
    ],
)
def test_backoff(retrier: dict[str, Any], moments: list[float]) -> None:
    tried = trial([BUSY], Retry=[{"ErrorEquals": ["Busy"], **retrier}])
    outcome = tried.run()
    assert (outcome.status, outcome.error, outcome.cause) == ("FAILED", "Busy", "try later")
    assert tried.tasks.seconds() == moments
    assert tried.execution.transitions == len(moments)


def test_full_jitter_stays_below_the_delay_and_repeats_with_the_seed() -> None:
    retry = [{"ErrorEquals": ["Busy"], "IntervalSeconds": 100, "JitterStrategy": "FULL", "MaxAttempts": 3}]
    moments = []
    for seed in (1, 1, 2):
        tried = trial([BUSY], seed=seed, Retry=retry)
        tried.run()
        moments.append(tried.tasks.seconds())
    assert moments[0] == moments[1] != moments[2]
    delays = [later - earlier for earlier, later in zip(moments[0], moments[0][1:], strict=False)]
    assert all(0 <= delay <= limit for delay, limit in zip(delays, (100, 200, 400), strict=True))


def test_success_after_retries_succeeds_and_counts_them() -> None:
    tried = trial([BUSY, BUSY, {"ok": True}], Retry=[{"ErrorEquals": ["Busy"]}])
    assert tried.run().output == {"ok": True}
    assert tried.execution.transitions == 3
    assert tried.types().count("TaskStateEntered") == 1
    assert tried.types().count("TaskFailed") == 2


def test_each_retrier_counts_its_own_attempts() -> None:
    retry = [
        {"ErrorEquals": ["Busy"], "MaxAttempts": 2, "IntervalSeconds": 1, "BackoffRate": 1},
        {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 50},
    ]
    tried = trial([BUSY, DENIED, BUSY, BUSY], Retry=retry)
    assert tried.run().error == "Busy"
    assert tried.tasks.seconds() == [0, 1, 51, 52]


@pytest.mark.parametrize(
    ("names", "failure", "calls"),
    [
        (["Busy"], DENIED, 1),
        (["Other", "Denied"], DENIED, 2),
        (["States.TaskFailed"], DENIED, 2),
        (["States.TaskFailed"], LATE, 1),
        (["States.Timeout"], LATE, 2),
        (["States.Timeout"], TaskError("States.HeartbeatTimeout"), 2),
        (["States.ALL"], LATE, 2),
        (["States.Runtime"], DENIED, 1),
        (["States.Runtime"], TaskError("States.Runtime", "from a service"), 1),
        (["States.ALL"], TaskError("States.Runtime", "from a service"), 1),
    ],
)
def test_error_names(names: list[str], failure: TaskError, calls: int) -> None:
    tried = trial([failure], Retry=[{"ErrorEquals": names, "MaxAttempts": 1}])
    assert tried.run().status == "FAILED"
    assert len(tried.tasks.calls) == calls


def test_retries_are_exhausted_before_the_catcher_answers() -> None:
    tried = trial(
        [BUSY], Retry=[{"ErrorEquals": ["Busy"], "MaxAttempts": 1}], Catch=[{"ErrorEquals": ["Busy"], "Next": "C"}]
    )
    assert tried.run().output == {"Error": "Busy", "Cause": "try later"}
    assert len(tried.tasks.calls) == 2


@pytest.mark.parametrize(
    ("path", "output"),
    [
        ("$", {"Error": "Denied", "Cause": "no"}),
        ("$.why", {"in": 1, "why": {"Error": "Denied", "Cause": "no"}}),
        (None, {"in": 1}),
    ],
)
def test_catcher_places_the_error(path: str | None, output: Any) -> None:
    assert trial([DENIED], Catch=[{"ErrorEquals": ["Denied"], "Next": "C", "ResultPath": path}]).run().output == output


def test_failure_without_cause_is_caught_with_an_empty_one() -> None:
    caught = trial([TaskError("Bare")], Catch=[{"ErrorEquals": ["States.ALL"], "Next": "C"}]).run()
    assert caught.output == {"Error": "Bare", "Cause": ""}


def test_catcher_for_another_error_lets_the_failure_through() -> None:
    outcome = trial([DENIED], Catch=[{"ErrorEquals": ["Busy"], "Next": "C"}]).run()
    assert (outcome.status, outcome.error) == ("FAILED", "Denied")


def test_result_that_does_not_fit_its_path_is_a_failure_of_the_task() -> None:
    definition = machine(
        "T",
        T=task(ResultPath="$.r", Catch=[{"ErrorEquals": ["States.ResultPathMatchFailure"], "Next": "C"}]),
        C={"Type": "Succeed"},
    )
    outcome = Trial(definition, "just text").run()
    assert outcome.output["Error"] == "States.ResultPathMatchFailure"
