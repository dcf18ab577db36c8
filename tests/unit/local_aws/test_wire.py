"""The wire: scopes, shapes and errors."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from moto.core.utils import get_service_model

from local_aws.wire.credentials import credential_of
from local_aws.wire.errors import AwsError, NotImplementedLocally
from local_aws.wire.response import OutputNotInModel, failure, json_value, success

MOMENT = datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)


def operation(service: str, name: str) -> Any:
    return get_service_model(service).operation_model(name)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (
            {"HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=KEY/20261120/eu-west-1/glue/aws4_request, Signature=x"},
            ("KEY", "eu-west-1", "glue"),
        ),
        (
            {"QUERY_STRING": "X-Amz-Credential=KEY%2F20261120%2Fus-east-1%2Fs3%2Faws4_request"},
            ("KEY", "us-east-1", "s3"),
        ),
        ({"QUERY_STRING": "AWSAccessKeyId=KEY&Signature=x&Expires=1"}, ("KEY", "us-east-1", "s3")),
    ],
)
def test_the_scope_names_key_region_and_service(environ: dict[str, str], expected: tuple[str, str, str]) -> None:
    credential = credential_of(environ)
    assert (credential.access_key, credential.region, credential.service) == expected


@pytest.mark.parametrize("environ", [{}, {"HTTP_AUTHORIZATION": "Bearer x"}, {"HTTP_AUTHORIZATION": "Credential=a/b"}])
def test_no_scope_is_no_caller(environ: dict[str, str]) -> None:
    with pytest.raises(AwsError, match="MissingAuthenticationToken"):
        credential_of(environ)


def test_an_answer_is_shaped_by_the_model() -> None:
    shape = operation("glue", "GetCrawler").output_shape
    answer = {"Crawler": {"Name": "c", "CreationTime": MOMENT, "Version": 1, "LastCrawl": None}}
    assert json_value(answer, shape) == {"Crawler": {"Name": "c", "CreationTime": MOMENT.timestamp(), "Version": 1}}


@pytest.mark.parametrize(
    "answer",
    [
        {"Crawler": {"Nme": "a typo"}},
        {"Crawler": {"Name": 7}},
        {"Crawler": {"CreationTime": "2026-11-20"}},
        {"Crawler": {"Version": True}},
        {"Crawler": []},
    ],
)
def test_an_answer_that_the_model_lacks_is_a_bug(answer: dict[str, Any]) -> None:
    with pytest.raises(OutputNotInModel):
        json_value(answer, operation("glue", "GetCrawler").output_shape)


def test_a_rest_answer_puts_members_where_the_model_says() -> None:
    result = {"StatusCode": 202, "FunctionError": "Unhandled", "Payload": b'{"a": 1}'}
    response = success(result, operation("lambda", "Invoke"), "rest-json")
    assert (response.status_code, response.headers["X-Amz-Function-Error"]) == (202, "Unhandled")
    assert response.get_data() == b'{"a": 1}'


@pytest.mark.parametrize(
    ("protocol", "told"),
    [
        ("json", '"__type": "NotImplementedLocally"'),
        ("rest-json", '"__type": "NotImplementedLocally"'),
        ("query", "<ErrorResponse><Error><Type>Sender</Type><Code>NotImplementedLocally</Code>"),
        ("rest-xml", "<Error><Code>NotImplementedLocally</Code>"),
    ],
)
def test_an_error_speaks_the_callers_protocol(protocol: str, told: str) -> None:
    response = failure(NotImplementedLocally("glue", "ListSessions"), protocol)
    assert response.status_code == 400
    assert told in response.get_data(as_text=True)


def test_an_error_carries_the_models_further_members() -> None:
    response = failure(AwsError("RestApiClientException", "no", details={"RestApiStatusCode": 404}), "rest-json")
    assert json.loads(response.get_data())["RestApiStatusCode"] == 404
