"""What AWS refuses by its models' upper limits is refused here: lengths, counts, values, enums, at any depth."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from local_aws.wire.limits import exceeded


def said(service: str, operation: str, parameters: dict[str, Any]) -> list[str]:
    model = boto3.client(service, region_name="us-east-1").meta.service_model.operation_model(operation)
    return list(exceeded(parameters, model.input_shape))


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "words"),
    [
        (
            "mwaa",
            "InvokeRestApi",
            {"Path": "/" + "x" * 64},
            "'Path' failed to satisfy constraint: Member must have len",
        ),
        (
            "glue",
            "CreateTrigger",
            {"Type": "NOW"},
            "'Type' failed to satisfy constraint: Member must satisfy enum value",
        ),
        ("glue", "CreateWorkflow", {"Name": "n" * 256}, "length less than or equal to 255"),
        ("glue", "CreateTrigger", {"EventBatchingCondition": {"BatchSize": 101}}, "value less than or equal to 100"),
        (
            "events",
            "PutEvents",
            {"Entries": [{}] * 11},
            "'Entries' failed to satisfy constraint: Member must have length",
        ),
        ("events", "PutTargets", {"Targets": [{"Id": "i" * 65}]}, "'Targets.1.member.Id'"),
    ],
)
def test_what_is_above_a_limit_is_named(service: str, operation: str, parameters: dict[str, Any], words: str) -> None:
    [sentence] = said(service, operation, parameters)
    assert words in sentence


def test_what_is_within_them_passes() -> None:
    assert said("mwaa", "InvokeRestApi", {"Path": "/" + "x" * 63, "Method": "GET", "Body": {"a": ["x" * 9999]}}) == []
    assert said("events", "PutEvents", {"Entries": [{"Source": "mine"}] * 10}) == []
