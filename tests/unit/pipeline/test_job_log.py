"""Where a job run's log is, as Glue itself names it; nothing is named that Glue does not say."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.job_log import JobLog

FAILED = {"Id": "jr_1", "JobRunState": "FAILED", "LogGroupName": "/aws-glue/jobs"}


@pytest.mark.parametrize(
    ("said", "group"),
    [
        ("/aws-glue/jobs", "/aws-glue/jobs"),
        ("/aws-glue/jobs/", "/aws-glue/jobs"),
        ("/aws-glue/jobs-nf1-dev-role-nf1-dev/", "/aws-glue/jobs-nf1-dev-role-nf1-dev"),
    ],
    ids=["as recorded", "as documented", "under a security configuration"],
)
def test_groups_are_those_that_glue_says_of_the_run(said: str, group: str) -> None:
    log = JobLog.of(FAILED | {"LogGroupName": said})
    assert log == JobLog(job_run="jr_1", groups=(f"{group}/output", f"{group}/error"))


def test_the_line_names_groups_stream_and_a_command_that_aws_cli_1_and_2_have() -> None:
    log = JobLog.of(FAILED)
    assert log
    assert log.stream == "jr_1-driver"
    assert log.line == (
        "CloudWatch Logs, log groups /aws-glue/jobs/output and /aws-glue/jobs/error, log stream jr_1-driver: "
        "aws logs filter-log-events --log-group-name /aws-glue/jobs/output --log-stream-name-prefix jr_1 "
        "--query 'events[].[message]' --output text"
    )


@pytest.mark.parametrize("lacking", [{"Id": None}, {"LogGroupName": ""}, {"LogGroupName": None}])
def test_a_run_of_which_glue_names_no_log_has_none(lacking: dict[str, Any]) -> None:
    assert JobLog.of(FAILED | lacking) is None
    assert JobLog.of({}) is None


@pytest.mark.parametrize("state", ["FAILED", "TIMEOUT", "ERROR", "STOPPED"])
def test_a_failure_is_in_the_log_unless_the_run_succeeded(state: str) -> None:
    assert JobLog.of_failure(FAILED | {"JobRunState": state}) == JobLog.of(FAILED)
    assert JobLog.of_failure(FAILED | {"JobRunState": "SUCCEEDED"}) is None
