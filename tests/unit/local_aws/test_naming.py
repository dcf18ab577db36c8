"""Names between boto3 and state machines; Java; S3 locations."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from moto.core.utils import get_service_model

from local_aws.services.java import java_home
from local_aws.services.s3_location import s3_location
from local_aws.services.states.naming import request_value, response_value, task_error
from local_aws.wire.errors import AwsError


def test_input_members_get_the_models_names() -> None:
    shape = get_service_model("stepfunctions").operation_model("StartExecution").input_shape
    assert request_value({"StateMachineArn": "a", "Odd": 1}, shape) == {"stateMachineArn": "a", "Odd": 1}


def test_output_members_get_pascal_case_and_dates_are_text_or_milliseconds() -> None:
    shape = get_service_model("stepfunctions").operation_model("StartExecution").output_shape
    value = {"executionArn": "e", "startDate": datetime(2026, 11, 20, tzinfo=UTC)}
    assert response_value(value, shape) == {"ExecutionArn": "e", "StartDate": "2026-11-20T00:00:00.000Z"}
    assert response_value(value, shape, epoch_dates=True)["StartDate"] == 1795132800000


@pytest.mark.parametrize(
    ("code", "name"),
    [("CrawlerRunningException", "Glue.CrawlerRunningException"), ("ThrottlingException", "Glue.GlueException")],
)
def test_a_code_that_the_model_lacks_is_the_services_own_exception(code: str, name: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": "m"}}, "StartCrawler")
    assert task_error("glue", error, {"CrawlerRunningException"}).error == name


def test_a_java_of_another_major_is_passed_over(tmp_path: Path) -> None:
    for major in (17, 25):
        java = tmp_path / str(major) / "bin" / "java"
        java.parent.mkdir(parents=True)
        java.write_text(f"#!/bin/sh\necho 'openjdk version \"{major}.0.1\"' >&2\n")
        java.chmod(0o755)
    assert java_home({"JAVA_HOME": str(tmp_path / "17"), "PATH": ""}) == tmp_path / "17"
    assert java_home({"JAVA_HOME": str(tmp_path / "25"), "PATH": ""}) != tmp_path / "25"


def test_a_java_without_the_module_is_passed_over(tmp_path: Path) -> None:
    for name, code in (("poor", 1), ("rich", 0)):
        java = tmp_path / name / "bin" / "java"
        java.parent.mkdir(parents=True)
        java.write_text(f'#!/bin/sh\necho \'version "17.0.1"\' >&2\ncase "$*" in *--add-modules*) exit {code};; esac\n')
        java.chmod(0o755)
    poor, rich = ({"JAVA_HOME": str(tmp_path / name), "PATH": ""} for name in ("poor", "rich"))
    assert java_home(poor) == tmp_path / "poor"
    assert java_home(poor, module="a.module") != tmp_path / "poor"
    assert java_home(rich, module="a.module") == tmp_path / "rich"


def test_a_location_is_a_bucket_and_a_key() -> None:
    place = s3_location("s3://bucket/a/b.csv")
    assert (place.bucket, place.key) == ("bucket", "a/b.csv")
    with pytest.raises(AwsError, match="not an s3"):
        s3_location("/tmp/file")
