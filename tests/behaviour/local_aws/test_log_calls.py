"""CloudWatch Logs: what a caller asks for is honoured or refused by name, never passed over."""

from __future__ import annotations

import inspect
import re
import time
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from moto.logs.responses import LogsResponse

from local_aws.services.log_calls import PASSED_OVER, WITHOUT_MEANING
from tests.behaviour.local_aws.conftest import Gateway

HONOURED = {"FilterLogEvents": {"logGroupIdentifier", "logStreamNamePrefix"}}
"""Not read by moto, made up for here: a test below each."""
MISREAD = {"DescribeMetricFilters": {"nextToken"}, "FilterLogEvents": {"interleaved"}}
"""Read by moto and not followed: a token that comes back for ever; an order that AWS does not have any more."""
# (stream, message) in the order in which they were written.
EVENTS = [("jr_1-driver", "one"), ("jr_2-driver", "two"), ("jr_1-1", "three"), ("jr_10-driver", "four"), ("x", "five")]


@pytest.fixture
def group(gateway: Gateway) -> str:
    logs, name = gateway.client("logs"), f"/{gateway.name('group')}"
    logs.create_log_group(logGroupName=name)
    start = round(time.time() * 1000) - 1000
    for number, (stream, message) in enumerate(EVENTS):
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
        event = {"timestamp": start + number, "message": message}
        logs.put_log_events(logGroupName=name, logStreamName=stream, logEvents=[event])
    return name


def messages(gateway: Gateway, **asked: Any) -> list[str]:
    pages = gateway.client("logs").get_paginator("filter_log_events").paginate(**asked)
    return [event["message"] for page in pages for event in page["events"]]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [("jr_1-", ["one", "three"]), ("jr_", ["one", "two", "three", "four"]), ("jr_3", []), ("r_1", [])],
)
@pytest.mark.parametrize("size", [1, 10_000])
def test_a_prefix_of_streams_keeps_the_others_out(
    gateway: Gateway, group: str, prefix: str, expected: list[str], size: int
) -> None:
    paged = {"PaginationConfig": {"PageSize": size}}
    assert messages(gateway, logGroupName=group, logStreamNamePrefix=prefix, **paged) == expected


def test_a_group_may_be_named_by_its_arn(gateway: Gateway, group: str) -> None:
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{group}"
    for identifier in (group, arn, f"{arn}:*"):
        assert messages(gateway, logGroupIdentifier=identifier) == ["one", "two", "three", "four", "five"]


def test_streams_words_and_a_phrase_narrow_as_before(gateway: Gateway, group: str) -> None:
    assert messages(gateway, logGroupName=group, logStreamNames=["x", "jr_1-1"]) == ["three", "five"]
    assert messages(gateway, logGroupName=group, filterPattern="o") == ["one", "two", "four"]
    assert messages(gateway, logGroupName=group, filterPattern='"ou"') == ["four"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"logStreamNames": ["x"], "logStreamNamePrefix": "x"}, "InvalidParameterException"),
        ({"logGroupIdentifier": "/other"}, "InvalidParameterException"),
        ({"logGroupName": "/absent", "logStreamNamePrefix": "x"}, "ResourceNotFoundException"),
        ({"startFromHead": False}, "NotImplementedLocally"),
        ({"filterPattern": "{ $.level = 1 }"}, "NotImplementedLocally"),
        ({"filterPattern": "one -two"}, "NotImplementedLocally"),
        ({"filterPattern": "%o.e%"}, "NotImplementedLocally"),
        ({"limit": 10_001}, "InvalidParameterException"),
    ],
)
def test_what_cannot_be_answered_is_refused(gateway: Gateway, group: str, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        gateway.client("logs").filter_log_events(**{"logGroupName": group, **asked})
    assert refused.value.response["Error"]["Code"] == code


def test_the_default_order_may_be_asked_for(gateway: Gateway, group: str) -> None:
    assert messages(gateway, logGroupName=group, startFromHead=True, interleaved=False, unmask=True)[:2] == [
        "one",
        "two",
    ]


def passed_over_by_moto(operation: str) -> set[str] | None:
    """Members of the input that moto's handler never asks for; None where moto has no handler."""
    handler = getattr(LogsResponse, xform_name(operation), None)
    if handler is None or not handler.__qualname__.startswith("LogsResponse."):
        return None
    read = set(re.findall(r'_get(?:_int|_validated)?_param\(\s*"(\w+)"', inspect.getsource(handler)))
    shape = boto3.client("logs", region_name="us-east-1").meta.service_model.operation_model(operation).input_shape
    return set(shape.members if shape else ()) - read


def test_the_table_is_what_motos_handlers_do_not_read() -> None:
    model = boto3.client("logs", region_name="us-east-1").meta.service_model
    checked = 0
    for operation in model.operation_names:
        found = passed_over_by_moto(operation)
        if found is None:
            assert operation not in PASSED_OVER, operation
            continue
        known = set(PASSED_OVER.get(operation, ())) | set(WITHOUT_MEANING.get(operation, ()))
        assert found | MISREAD.get(operation, set()) == known | HONOURED.get(operation, set()), operation
        checked += 1
    assert checked > 50


EXAMPLES = {"string": "x" * 12, "integer": 1, "long": 1, "boolean": False, "map": {"x": "x"}}


@pytest.mark.parametrize(
    ("operation", "name"), [(operation, name) for operation, names in PASSED_OVER.items() for name in sorted(names)]
)
def test_each_of_the_table_is_refused_by_name(gateway: Gateway, operation: str, name: str) -> None:
    client = gateway.client("logs")
    shape = client.meta.service_model.operation_model(operation).input_shape
    given = {member: example(shape.members[member]) for member in {*shape.required_members, name}}
    with pytest.raises(ClientError, match=f"logs:{operation} .*{name} would be passed over") as refused:
        getattr(client, xform_name(operation))(**given)
    assert refused.value.response["Error"]["Code"] == "NotImplementedLocally"


def example(shape: Any) -> Any:
    if getattr(shape, "enum", None):
        return shape.enum[0]
    if shape.type_name == "list":
        return [example(shape.member)]
    if shape.type_name == "structure":
        return {name: example(shape.members[name]) for name in shape.required_members}
    return EXAMPLES[shape.type_name]
