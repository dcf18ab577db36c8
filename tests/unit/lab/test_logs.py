"""`lab logs`: every page of every stream of a run's job runs and no other's; what is not there is not called empty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab.logs import JobLog, lack, logs_of, text_of
from lab.measure.job_runs import JOBS, JobRuns, LoggedRun, logged_runs

BEGAN = datetime(2026, 11, 28, tzinfo=UTC)
OUTPUT, ERROR = "/aws-glue/jobs/output", "/aws-glue/jobs/error"
RUN = LoggedRun(step="convert", job_run="jr_1", state="FAILED", log_groups=(OUTPUT, ERROR))
LOG = JobLog(step="convert", job_run="jr_1", state="FAILED", group=OUTPUT, lines=None)


class FakeLogs:
    """Streams of groups, each a list of pages; the last page's token is given back for ever, as AWS does."""

    def __init__(self, groups: dict[str, dict[str, list[list[str]]]], *, error: str | None = None) -> None:
        self.groups, self.error = groups, error

    def get_paginator(self, name: str) -> FakeLogs:
        assert name == "describe_log_streams"
        return self

    def paginate(self, *, logGroupName: str, logStreamNamePrefix: str) -> Iterator[dict[str, Any]]:
        if self.error or logGroupName not in self.groups:
            code = self.error or "ResourceNotFoundException"
            raise ClientError({"Error": {"Code": code, "Message": ""}}, "DescribeLogStreams")
        for name in sorted(self.groups[logGroupName]):
            yield {"logStreams": [{"logStreamName": name}] if name.startswith(logStreamNamePrefix) else []}

    def get_log_events(
        self, *, logGroupName: str, logStreamName: str, startFromHead: bool, nextToken: str = "f/-1"
    ) -> dict[str, Any]:
        assert startFromHead
        pages, at = self.groups[logGroupName][logStreamName], int(nextToken[2:]) + 1
        events = [{"message": message} for message in pages[at]] if at < len(pages) else []
        return {"events": events, "nextForwardToken": f"f/{min(at, len(pages) - 1)}"}


def test_pages_are_read_to_the_last_also_past_an_empty_one() -> None:
    logs = FakeLogs({OUTPUT: {"jr_1-driver": [["one", "two"], [], ["three"]]}})
    [output, error] = logs_of([RUN], logs=logs)
    assert output == replace(LOG, lines=["one", "two", "three"])
    assert error == replace(LOG, group=ERROR)


def test_executors_streams_are_the_runs_and_other_runs_are_not() -> None:
    streams = {"jr_1-driver": [["driver"]], "jr_1-1": [["executor"]], "jr_2-driver": [["other"]]}
    [output, _] = logs_of([RUN], logs=FakeLogs({OUTPUT: streams}))
    assert output.lines == ["executor", "driver"]


def test_a_log_that_is_gone_is_none_and_an_empty_stream_is_empty() -> None:
    found = list(logs_of([RUN], logs=FakeLogs({OUTPUT: {"jr_2-driver": [["other"]]}, ERROR: {"jr_1-driver": [[]]}})))
    assert [one.lines for one in found] == [None, []]
    assert list(text_of(found)) == [
        "convert jr_1 FAILED (/aws-glue/jobs/output, nothing there)",
        "convert jr_1 FAILED (/aws-glue/jobs/error, nothing there)",
    ]


@pytest.mark.parametrize(
    ("logs", "said"),
    [
        ([None, ["a line"]], None),
        ([None, []], None),
        ([None, None], "r: the logs of its job runs are not on aws; deleted, expired, or another world's"),
        ([], "r: no job run of verify is known on aws"),
    ],
)
def test_without_any_log_the_command_does_not_succeed(logs: list[list[str] | None], said: str | None) -> None:
    found = [replace(LOG, lines=lines) for lines in logs]
    assert lack(found, run_id="r", on="aws", step="verify") == said


def test_another_failure_is_not_taken_for_an_empty_log() -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        list(logs_of([RUN], logs=FakeLogs({}, error="AccessDeniedException")))


def test_a_jobs_control_characters_are_made_visible() -> None:
    [line] = list(text_of([replace(LOG, lines=["\x1b[2Jgone"])]))[1:]
    assert "\x1b" not in line
    assert "gone" in line


class FakeGlue:
    """One run per job and lab run, newest first; `convert` was tried twice."""

    def get_job_runs(self, *, JobName: str, NextToken: str = "") -> dict[str, Any]:
        if JobName == "job-convert" and not NextToken:
            return {"JobRuns": [run("jr_2", "r", minutes=1), run("jr_9", "other")], "NextToken": "more"}
        return {"JobRuns": [run("jr_1", "r")] if NextToken else []}


def run(identity: str, of: str, *, minutes: int = 0) -> dict[str, Any]:
    return {
        "Id": identity,
        "JobRunState": "FAILED",
        "StartedOn": BEGAN + timedelta(minutes=minutes),
        "Arguments": {"--run_id": of},
        "LogGroupName": "/aws-glue/jobs",
    }


def test_a_record_names_every_job_run_of_the_run_and_where_its_log_is() -> None:
    jobs = {step: f"job-{step}" for step in JOBS}
    assert list(logged_runs("r", JobRuns(glue=FakeGlue(), jobs=jobs))) == [RUN, replace(RUN, job_run="jr_2")]
    assert list(logged_runs("absent", JobRuns(glue=FakeGlue(), jobs=jobs))) == []
    assert list(logged_runs(None, JobRuns(glue=None, jobs=jobs))) == []
