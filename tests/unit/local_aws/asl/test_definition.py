"""Definitions are refused by name, all problems at once; what is accepted runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_aws.asl import InvalidDefinition, parse
from tests.unit.local_aws.asl.cases.machine import FUNCTION, JOB, machine, task


def problems(definition: Any) -> tuple[str, ...]:
    with pytest.raises(InvalidDefinition) as refused:
        parse(definition)
    assert str(refused.value).startswith("Invalid State Machine Definition: '")
    return refused.value.problems


def lone(**state: Any) -> dict[str, Any]:
    return machine("S", S=state)


def test_text_and_dict_are_read_alike() -> None:
    definition = {"Comment": "c", "Version": "1.0", "TimeoutSeconds": 60, **machine("T", T=task())}
    assert parse(json.dumps(definition)) == parse(definition)
    assert parse(definition).timeout_seconds == 60


@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        ("{", "INVALID_JSON_DESCRIPTION"),
        ("[]", "SCHEMA_VALIDATION_FAILED: A definition is a JSON object"),
        ({}, "The field 'States' is required"),
        ({"StartAt": "X", "States": {"S": {"Type": "Succeed"}}}, "Missing 'StartAt' target: X at /StartAt"),
        ({**lone(Type="Succeed"), "Extra": 1}, "The field 'Extra' is not supported by Step Functions at /"),
        ({**lone(Type="Succeed"), "TimeoutSeconds": 0}, "TimeoutSeconds must be a positive integer"),
        (lone(Type="Nap"), "Value of 'Type' is not one of"),
        (lone(Type="Pass"), "One of 'Next' and 'End' is required at /States/S"),
        (lone(Type="Pass", Next="Gone"), "MISSING_TRANSITION_TARGET: Missing 'Next' target: Gone at /States/S/Next"),
        (lone(Type="Pass", Next="S", End=True), "Only one of 'Next' and 'End'"),
        (lone(Type="Pass", End=True, Seconds=1), "The field 'Seconds' is not supported by Step Functions at /States/S"),
        (lone(Type="Pass", End=True, InputPath="a"), "not a valid JSONPath: 'a'"),
        (lone(Type="Pass", End=True, ResultPath="$.a[*]"), "not a Reference Path: '$.a[*]'"),
        (lone(Type="Pass", End=True, ResultPath="$$.a"), "not a Reference Path"),
        (lone(Type="Pass", End=True, Parameters={"a": [{"b.$": 5}]}), "at /States/S/Parameters/a[0]/b.$"),
        (lone(Type="Pass", End=True, Parameters={"b.$": "plain"}), "not a valid JSONPath: 'plain'"),
        (lone(Type="Pass", End=True, Parameters={"b.$": "States.Nope()"}), "Unknown function: States.Nope"),
        (lone(Type="Pass", End=True, Assign={"b.$": "States.Array("}), "at /States/S/Assign/b.$"),
        (lone(Type="Wait", End=True), "Exactly one of Seconds, SecondsPath, Timestamp, TimestampPath"),
        (lone(Type="Wait", End=True, Seconds=1, SecondsPath="$.a"), "Exactly one of"),
        (lone(Type="Wait", End=True, Seconds=-1), "'Seconds' must be an integer of at least 0"),
        (lone(Type="Wait", End=True, Timestamp="tomorrow"), "ISO-8601"),
        (lone(Type="Task", End=True), "The field 'Resource' is required"),
        (lone(Type="Task", End=True, Resource="glue"), "The resource provided glue is not recognized"),
        (lone(**task(TimeoutSeconds=0)), "'TimeoutSeconds' must be an integer of at least 1"),
        (lone(**task(Retry=[{"ErrorEquals": []}])), "'ErrorEquals' is a non-empty list"),
        (lone(**task(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["A"]}])), "States.ALL must appear alone"),
        (lone(**task(Retry=[{"ErrorEquals": ["A", "States.ALL"]}])), "States.ALL must appear alone"),
        (lone(**task(Retry=[{"ErrorEquals": ["A"], "BackoffRate": 0.5}])), "'BackoffRate' must be a number"),
        (lone(**task(Retry=[{"ErrorEquals": ["A"], "IntervalSeconds": 0}])), "'IntervalSeconds' must be an integer"),
        (lone(**task(Retry=[{"ErrorEquals": ["A"], "JitterStrategy": "SOME"}])), "'JitterStrategy' must be FULL"),
        (lone(**task(Retry=[{"ErrorEquals": ["A"], "Times": 3}])), "The field 'Times' is not supported"),
        (lone(**task(Retry={"ErrorEquals": ["A"]})), "A retrier is a JSON object at /States/S/Retry[0]"),
        (lone(**task(Catch=[{"ErrorEquals": ["A"]}])), "The field 'Next' is required at /States/S/Catch[0]"),
        (lone(**task(Catch=[{"ErrorEquals": ["A"], "Next": "Gone"}])), "Missing 'Next' target: Gone"),
        (lone(Type="Choice"), "The field 'Choices' is required"),
        (lone(Type="Choice", Choices=[{"Variable": "$.a", "IsNull": True}]), "The field 'Next' is required"),
        (lone(Type="Choice", Choices=[{"Variable": "$.a", "Next": "S"}]), "exactly one operator"),
        (lone(Type="Choice", Choices=[{"Variable": "$.a", "IsNull": 1, "Next": "S"}]), "'IsNull' has the wrong type"),
        (lone(Type="Choice", Choices=[{"And": [], "Next": "S"}]), "'And' is a non-empty list"),
        (
            lone(Type="Choice", Choices=[{"Not": {"Variable": "$.a", "IsNull": True, "Next": "S"}, "Next": "S"}]),
            "The field 'Next' is not supported by Step Functions at /States/S/Choices[0]/Not",
        ),
        (lone(Type="Parallel", End=True), "The field 'Branches' is required"),
        (lone(Type="Map", End=True), "The field 'ItemProcessor' is required"),
        (lone(Type="Parallel", End=True, Branches=[lone(Type="Succeed")]), "Duplicate state name: S"),
        (machine("A", A={"Type": "Succeed"}, B={"Type": "Succeed"}), 'State "B" is not reachable. at /States/B'),
    ],
)  # fmt: skip
def test_wrong_definition_is_refused_by_name(definition: Any, problem: str) -> None:
    assert any(problem in found for found in problems(definition))


@pytest.mark.parametrize(
    ("definition", "what"),
    [
        ({**lone(Type="Succeed"), "QueryLanguage": "JSONata"}, "QueryLanguage JSONata at /"),
        (lone(Type="Succeed", QueryLanguage="JSONata"), "QueryLanguage JSONata at /States/S"),
        (lone(Type="Pass", End=True, Output="{% 1 %}"), "The field 'Output' at /States/S"),
        (lone(**task(Arguments={})), "The field 'Arguments'"),
        (lone(**task(Credentials={"RoleArn": "x"})), "The field 'Credentials'"),
        (lone(**task("arn:aws:states:us-east-1:000000000000:activity:a")), "Activities"),
        (lone(**task("arn:aws:states:::sqs:sendMessage.waitForTaskToken")), "Callbacks"),
        (
            lone(
                Type="Map", End=True,
                ItemProcessor={**machine("I", I={"Type": "Succeed"}), "ProcessorConfig": {"Mode": "DISTRIBUTED"}},
            ),
            "Map in mode DISTRIBUTED",
        ),
        (lone(Type="Map", End=True, ItemReader={}, ItemProcessor=machine("I", I={"Type": "Succeed"})), "'ItemReader'"),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_refused_as_such(definition: Any, what: str) -> None:
    found = problems(definition)
    assert any(problem.startswith("NOT_IMPLEMENTED_LOCALLY") and what in problem for problem in found)


def test_resources_are_listed_however_deep() -> None:
    inner = machine("M", M={"Type": "Map", "Iterator": machine("I", I=task(FUNCTION)), "Next": "J"}, J=task(JOB))
    definition = lone(Type="Parallel", End=True, Branches=[inner])
    assert parse(definition).resources == {JOB, FUNCTION}
    assert parse(lone(Type="Succeed")).resources == frozenset()


def test_all_problems_are_told_at_once() -> None:
    definition = machine("A", A={"Type": "Pass", "Next": "Gone"}, B={"Type": "Wait", "End": True})
    assert len(problems(definition)) == 3


@pytest.mark.parametrize("resource", [JOB, FUNCTION, f"{FUNCTION}:$LATEST", "arn:aws-cn:states:::sns:publish"])
def test_known_kinds_of_resource_are_accepted(resource: str) -> None:
    assert parse(lone(**task(resource))).start_at == "S"
