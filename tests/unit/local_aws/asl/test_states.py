"""Pass, Wait, Succeed, Fail, variables and the context object; the fields that shape input and output."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from local_aws.asl import TaskError
from tests.unit.local_aws.asl.cases.machine import FUNCTION, START, Trial, machine, run, task


def pass_state(**fields: Any) -> dict[str, Any]:
    return machine("P", P={"Type": "Pass", "End": True, **fields})


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({}, {"a": {"b": 1}, "c": 2}),
        ({"InputPath": "$.a"}, {"b": 1}),
        ({"InputPath": None}, {}),
        ({"OutputPath": "$.c"}, 2),
        ({"OutputPath": None}, {}),
        ({"ResultPath": None, "Result": 5}, {"a": {"b": 1}, "c": 2}),
        ({"Result": [1]}, [1]),
        ({"Result": 5, "ResultPath": "$.a.d"}, {"a": {"b": 1, "d": 5}, "c": 2}),
        ({"InputPath": "$.a", "ResultPath": "$.e"}, {"a": {"b": 1}, "c": 2, "e": {"b": 1}}),
        ({"Parameters": {"x.$": "$.a.b", "y": [{"z.$": "$.c"}, "$.c"]}}, {"x": 1, "y": [{"z": 2}, "$.c"]}),
        ({"Parameters": {"n.$": "$$.State.Name", "i.$": "$$.Execution.Input.c"}}, {"n": "P", "i": 2}),
        ({"Parameters": {"t.$": "$$.Execution.StartTime"}}, {"t": "2026-01-01T00:00:00.000Z"}),
    ],
)
def test_fields_shape_the_output(fields: dict[str, Any], output: Any) -> None:
    assert run(pass_state(**fields), {"a": {"b": 1}, "c": 2}).output == output


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"InputPath": "$.ghost"}, "Invalid path '$.ghost' : No results for path: $['ghost']"),
        ({"OutputPath": "$.ghost.x"}, "Invalid path '$.ghost.x' : Missing property in path $['ghost']"),
        (
            {"Parameters": {"x.$": "$.ghost"}},
            "The JSONPath '$.ghost' specified for the field 'x.$' could not be found in the input '{\"a\":1}'",
        ),
    ],
)
def test_missing_path_fails_with_its_place(fields: dict[str, Any], cause: str) -> None:
    outcome = run(pass_state(**fields), {"a": 1})
    assert (outcome.status, outcome.error) == ("FAILED", "States.Runtime")
    assert outcome.cause == f"An error occurred while executing the state 'P' (entered at the event id #2). {cause}"


def test_failed_runtime_of_a_task_is_not_caught_even_by_all() -> None:
    definition = machine(
        "T",
        T=task(FUNCTION, OutputPath="$.ghost", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "C"}],
               Retry=[{"ErrorEquals": ["States.ALL"]}]),
        C={"Type": "Succeed"},
    )  # fmt: skip
    trial = Trial(definition)
    assert (trial.run().error, trial.tasks.names()) == ("States.Runtime", ["T"])


@pytest.mark.parametrize(
    ("fields", "input", "seconds"),
    [
        ({"Seconds": 90}, {}, 90),
        ({"SecondsPath": "$.s"}, {"s": 3600}, 3600),
        ({"Timestamp": "2026-01-02T00:00:00Z"}, {}, 86_400),
        ({"Timestamp": "2020-01-02T00:00:00Z"}, {}, 0),
        ({"TimestampPath": "$.t"}, {"t": "2026-01-01T01:00:30+01:00"}, 30),
    ],
)
def test_wait_moves_the_clock_and_hands_on_its_input(fields: dict[str, Any], input: Any, seconds: float) -> None:
    trial = Trial(machine("W", W={"Type": "Wait", "End": True, **fields}), input)
    assert trial.run().output == input
    assert trial.seconds() == seconds
    times = [event["timestamp"] for event in trial.execution.history if event["type"].startswith("WaitState")]
    assert times == [START, START + timedelta(seconds=seconds)]


@pytest.mark.parametrize(
    ("fields", "input", "words"),
    [
        ({"SecondsPath": "$.s"}, {"s": "10"}, "cannot be parsed as a long value: $.s == 10"),
        ({"SecondsPath": "$.s"}, {"s": True}, "cannot be parsed as a long value: $.s == true"),
        ({"SecondsPath": "$.s"}, {"s": -2}, "references a negative value: $.s == -2"),
        ({"SecondsPath": "$.s"}, {}, "does not reference an input value: $.s"),
        ({"TimestampPath": "$.t"}, {"t": "tomorrow"}, "valid ISO-8601"),
        ({"TimestampPath": "$.t"}, {"t": "2026-01-01T00:00:00"}, "valid ISO-8601"),
    ],
)
def test_wait_for_nonsense_fails(fields: dict[str, Any], input: Any, words: str) -> None:
    outcome = run(machine("W", W={"Type": "Wait", "End": True, **fields}), input)
    assert (outcome.status, outcome.error) == ("FAILED", "States.Runtime")
    assert words in outcome.cause


@pytest.mark.parametrize(
    ("fields", "error", "cause"),
    [
        ({}, None, None),
        ({"Error": "CrawlFailed", "Cause": "why"}, "CrawlFailed", "why"),
        ({"ErrorPath": "$.e", "CausePath": "States.Format('because {}', $.n)"}, "Named", "because 3"),
        ({"Error": "Fixed", "CausePath": "$$.State.Name"}, "Fixed", "F"),
    ],
)
def test_fail_ends_failed(fields: dict[str, Any], error: str | None, cause: str | None) -> None:
    trial = Trial(machine("F", F={"Type": "Fail", **fields}), {"e": "Named", "n": 3})
    outcome = trial.run()
    assert (outcome.status, outcome.error, outcome.cause) == ("FAILED", error, cause)
    assert trial.types() == ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]


def test_caught_failure_that_is_routed_to_fail_ends_failed() -> None:
    definition = machine(
        "T",
        T=task(FUNCTION, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "F", "ResultPath": "$.why"}]),
        F={"Type": "Fail", "ErrorPath": "$.why.Error", "CausePath": "$.why.Cause"},
    )
    outcome = run(definition, {}, T=[TaskError("RowsNotConserved", "3 in, 2 out")])
    assert (outcome.status, outcome.error, outcome.cause) == ("FAILED", "RowsNotConserved", "3 in, 2 out")


def test_succeed_ends_early_with_its_paths() -> None:
    definition = machine("S", S={"Type": "Succeed", "InputPath": "$.a", "OutputPath": "$.b"})
    assert run(definition, {"a": {"b": 4}}).output == 4


def test_variables_take_effect_after_the_state_and_last() -> None:
    definition = machine(
        "A",
        A={"Type": "Pass", "Assign": {"n": 1, "raw.$": "$.x"}, "Next": "B"},
        B={"Type": "Pass", "Assign": {"n.$": "States.MathAdd($n, 1)", "old.$": "$n"}, "Next": "C"},
        C={"Type": "Pass", "Parameters": {"n.$": "$n", "old.$": "$old", "raw.$": "$raw.y[0]"}, "End": True},
    )
    assert run(definition, {"x": {"y": ["z"]}}).output == {"n": 2, "old": 1, "raw": "z"}


def test_variable_that_was_never_assigned_fails() -> None:
    outcome = run(pass_state(Parameters={"x.$": "$ghost"}), {})
    assert (outcome.status, outcome.error) == ("FAILED", "States.Runtime")


def test_assign_of_a_task_sees_the_result_and_of_a_catcher_the_error() -> None:
    definition = machine(
        "T",
        T=task(FUNCTION, Next="End", ResultPath="$.r", Assign={"id.$": "$.Id"},
               Catch=[{"ErrorEquals": ["Busy"], "Next": "End", "Assign": {"id.$": "$.Error"}}]),
        End={"Type": "Pass", "Parameters": {"id.$": "$id"}, "End": True},
    )  # fmt: skip
    assert run(definition, {}, T=[{"Id": 8}]).output == {"id": 8}
    assert run(definition, {}, T=[TaskError("Busy", None)]).output == {"id": "Busy"}


def test_history_has_the_shape_of_the_api_and_both_clocks() -> None:
    trial = Trial(pass_state(Result={"é": 1}), {"a": 1})
    trial.run()
    first, entered, left, last = trial.execution.history
    assert first["executionStartedEventDetails"]["input"] == '{"a":1}'
    assert entered["stateEnteredEventDetails"] == {
        "name": "P",
        "input": '{"a":1}',
        "inputDetails": {"truncated": False},
    }
    assert left["stateExitedEventDetails"]["output"] == '{"é":1}'
    assert last["executionSucceededEventDetails"]["output"] == '{"é":1}'
    assert [(event["id"], event["previousEventId"]) for event in trial.execution.history] == [
        (1, 0),
        (2, 0),
        (3, 2),
        (4, 3),
    ]
    assert all(event["timestamp"] == START and event["wall"].tzinfo for event in trial.execution.history)
