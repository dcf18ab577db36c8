"""Map, inline: order, concurrency, selectors, and what a failed iteration means."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.asl import TaskError
from tests.unit.local_aws.asl.cases.machine import Trial, machine, run, sleeps, task

BROKEN = TaskError("ItemBroken", "one of them")


def mapped(state: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return machine("M", M={"Type": "Map", "ItemProcessor": machine("I", I=state), "End": True, **fields})


@pytest.mark.parametrize(
    ("concurrency", "seconds"),
    [({}, 10), ({"MaxConcurrency": 1}, 50), ({"MaxConcurrency": 2}, 30), ({"MaxConcurrency": 0}, 10)],
)
def test_concurrency_is_bounded_and_order_kept(concurrency: dict[str, int], seconds: float) -> None:
    trial = Trial(mapped({"Type": "Wait", "Seconds": 10, "End": True}, **concurrency), [5, 4, 3, 2, 1])
    assert trial.run().output == [5, 4, 3, 2, 1]
    assert trial.seconds() == seconds


def test_without_a_bound_forty_run_at_once() -> None:
    trial = Trial(mapped({"Type": "Wait", "Seconds": 10, "End": True}), list(range(41)))
    assert trial.run().output == list(range(41))
    assert trial.seconds() == 20


def test_no_items_give_an_empty_list() -> None:
    trial = Trial(mapped({"Type": "Pass", "End": True}), [])
    assert trial.run().output == []
    assert trial.types()[1:-1] == ["MapStateEntered", "MapStateStarted", "MapStateSucceeded", "MapStateExited"]


def test_selector_sees_the_state_s_input_and_the_item() -> None:
    definition = mapped(
        {"Type": "Pass", "End": True},
        ItemsPath="$.files",
        ItemSelector={"f.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index", "lane.$": "$.lane"},
        ResultPath="$.done",
    )
    output = run(definition, {"lane": "glue", "files": ["a", "b"]}).output
    assert output["done"] == [{"f": "a", "i": 0, "lane": "glue"}, {"f": "b", "i": 1, "lane": "glue"}]


def test_failed_iteration_fails_the_state_with_its_own_error() -> None:
    trial = Trial(mapped(task(), MaxConcurrency=1), [1, 2, 3], I=["ok", BROKEN, "never"])
    outcome = trial.run()
    assert (outcome.status, outcome.error, outcome.cause) == ("FAILED", "ItemBroken", "one of them")
    assert len(trial.tasks.calls) == 2
    assert trial.types()[-3:] == ["MapIterationFailed", "MapStateFailed", "ExecutionFailed"]


def test_running_iterations_are_stopped_when_one_fails() -> None:
    trial = Trial(mapped(task(), MaxConcurrency=2), [1, 2, 3], I=[sleeps(5, BROKEN), sleeps(500), "never"])
    assert trial.run().error == "ItemBroken"
    assert trial.seconds() == 5
    assert trial.types().count("MapIterationAborted") == 1
    assert len(trial.tasks.calls) == 2


@pytest.mark.parametrize(
    ("tolerance", "status"),
    [
        ({"ToleratedFailureCount": 0}, "FAILED"),
        ({"ToleratedFailureCount": 1}, "FAILED"),
        ({"ToleratedFailureCount": 2}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 49}, "FAILED"),
        ({"ToleratedFailurePercentage": 50}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 100, "ToleratedFailureCount": 1}, "FAILED"),
        ({"ToleratedFailureCountPath": "$[0]"}, "SUCCEEDED"),
        ({"ToleratedFailurePercentagePath": "$[1]"}, "FAILED"),
    ],
)
def test_tolerance_is_a_bound_and_tolerated_failures_stay_visible(tolerance: dict[str, Any], status: str) -> None:
    outcome = run(mapped(task(), MaxConcurrency=1, **tolerance), [2, 1, 0, 0], I=[BROKEN, "ok", BROKEN, "ok"])
    assert outcome.status == status
    if status == "FAILED":
        assert outcome.error == "States.ExceedToleratedFailureThreshold"
    else:
        broken = {"Error": "ItemBroken", "Cause": "one of them"}
        assert outcome.output == [broken, "ok", broken, "ok"]


def test_share_of_hundred_percent_still_shows_every_failure() -> None:
    outcome = run(mapped(task(), ToleratedFailurePercentage=100), [1, 2], I=[BROKEN])
    assert [item["Error"] for item in outcome.output] == ["ItemBroken", "ItemBroken"]


@pytest.mark.parametrize(
    ("fields", "input", "words"),
    [
        ({}, {"a": 1}, 'Reference path "$" must point to array.'),
        ({"ItemsPath": "$.x"}, {}, "Invalid path '$.x'"),
        ({"MaxConcurrencyPath": "$[0]"}, ["two"], 'refers to value "two" which is not a valid integer: $[0]'),
        ({"MaxConcurrencyPath": "$[0]"}, [-1], "Expected non-negative integer for MaxConcurrency, got '-1' instead."),
        ({"ToleratedFailurePercentagePath": "$[0]"}, [101], "from 0 to 100"),
    ],
)
def test_wrong_input_fails_the_execution(fields: dict[str, Any], input: Any, words: str) -> None:
    outcome = run(mapped({"Type": "Pass", "End": True}, **fields), input)
    assert (outcome.status, outcome.error) == ("FAILED", "States.Runtime")
    assert words in outcome.cause


def test_concurrency_from_a_path() -> None:
    definition = mapped({"Type": "Wait", "Seconds": 1, "End": True}, MaxConcurrencyPath="$[0]")
    trial = Trial(definition, [2, 2, 2, 2])
    assert trial.run().status == "SUCCEEDED"
    assert trial.seconds() == 2


def test_iterations_see_outer_variables_and_keep_their_own() -> None:
    definition = machine(
        "A",
        A={"Type": "Pass", "Assign": {"n": 10}, "Next": "M"},
        M={
            "Type": "Map",
            "ItemsPath": "$",
            "ItemProcessor": machine("I", I={"Type": "Pass", "Assign": {"n.$": "States.MathAdd($n, $)"}, "Next": "J"},
                                     J={"Type": "Pass", "Parameters": {"n.$": "$n"}, "OutputPath": "$.n", "End": True}),
            "End": True,
        },
    )  # fmt: skip
    assert run(definition, [1, 2, 3]).output == [11, 12, 13]
