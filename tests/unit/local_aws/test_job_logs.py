"""A job's log in CloudWatch Logs: only its beginning is left off, and no call is larger than PutLogEvents takes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.services.glue.job_logs import BATCH_BYTES, BATCH_EVENTS, EVENT_BYTES, KEPT_BYTES, JobLogs, batches, tail

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
OUTPUT, ERROR = "/aws-glue/jobs/output", "/aws-glue/jobs/error"


class FakeLogs:
    """Streams by group and name; refuses what CloudWatch Logs refuses, also what is there already."""

    def __init__(self) -> None:
        self.groups: set[str] = set()
        self.streams: dict[tuple[str, str], list[str]] = {}
        self.calls = 0

    def create_log_group(self, *, logGroupName: str) -> None:
        if logGroupName in self.groups:
            raise ClientError({"Error": {"Code": "ResourceAlreadyExistsException", "Message": ""}}, "CreateLogGroup")
        self.groups.add(logGroupName)

    def create_log_stream(self, *, logGroupName: str, logStreamName: str) -> None:
        assert logGroupName in self.groups
        if (logGroupName, logStreamName) in self.streams:
            raise ClientError({"Error": {"Code": "ResourceAlreadyExistsException", "Message": ""}}, "CreateLogStream")
        self.streams[logGroupName, logStreamName] = []

    def put_log_events(self, *, logGroupName: str, logStreamName: str, logEvents: list[dict[str, Any]]) -> None:
        assert 1 <= len(logEvents) <= 10_000
        assert sum(len(event["message"].encode()) + 26 for event in logEvents) <= 1_048_576
        assert all(event["message"] and event["timestamp"] == NOW.timestamp() * 1000 for event in logEvents)
        self.calls += 1
        self.streams[logGroupName, logStreamName] += [event["message"] for event in logEvents]


def kept(folder: Path, *, log: str | bytes = "", err: str = "", error: str | None = None) -> FakeLogs:
    (folder / "jr_1.log").write_bytes(log if isinstance(log, bytes) else log.encode())
    (folder / "jr_1.err").write_text(err)
    logs = FakeLogs()
    JobLogs(logs=lambda: logs, folder=folder, now=lambda: NOW).keep("jr_1", error=error)
    return logs


def test_output_comes_before_error_and_glues_own_words_in_their_group(tmp_path: Path) -> None:
    logs = kept(tmp_path, log="one\r\n\ntwo\n", err="Traceback\n", error="KeyError: x")
    assert logs.streams == {
        (OUTPUT, "jr_1-driver"): ["one", "two", "Traceback"],
        (ERROR, "jr_1-driver"): ["KeyError: x"],
    }


def test_a_run_that_wrote_nothing_has_no_stream(tmp_path: Path) -> None:
    assert kept(tmp_path).streams == {}
    JobLogs(logs=lambda: pytest.fail("nothing to say"), folder=tmp_path, now=lambda: NOW).keep("jr_none", error=None)


def test_groups_and_streams_that_are_there_are_used(tmp_path: Path) -> None:
    logs = kept(tmp_path, log="one\n")
    JobLogs(logs=lambda: logs, folder=tmp_path, now=lambda: NOW).keep("jr_1", error=None)
    assert logs.streams[OUTPUT, "jr_1-driver"] == ["one", "one"]


def test_another_failure_of_cloudwatch_is_not_hidden(tmp_path: Path) -> None:
    class Denied(FakeLogs):
        def create_log_group(self, *, logGroupName: str) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "CreateLogGroup")

    (tmp_path / "jr_1.log").write_text("one\n")
    with pytest.raises(ClientError, match="AccessDenied"):
        JobLogs(logs=Denied, folder=tmp_path, now=lambda: NOW).keep("jr_1", error=None)


@pytest.mark.parametrize(
    "lines",
    [
        [str(number) for number in range(BATCH_EVENTS)],
        [str(number) for number in range(BATCH_EVENTS + 1)],
        ["x" * (BATCH_BYTES // 2 - EVENT_BYTES)] * 2,
        ["x" * (BATCH_BYTES // 2 - EVENT_BYTES)] * 2 + ["y"],
        ["ü" * 400_000, "a", "ü" * 400_000],
    ],
    ids=["10,000 events", "one more", "1 MiB", "one event more", "bytes, not characters"],
)
def test_batches_hold_every_line_in_order_and_are_as_few_as_can_be(lines: list[str]) -> None:
    found = list(batches(lines))
    assert [line for batch in found for line in batch] == lines
    sizes = [(len(batch), sum(len(line.encode()) + EVENT_BYTES for line in batch)) for batch in found]
    assert all(0 < events <= BATCH_EVENTS and size <= BATCH_BYTES for events, size in sizes)
    for (events, size), following in zip(sizes, found[1:], strict=False):
        assert events == BATCH_EVENTS or size + len(following[0].encode()) + EVENT_BYTES > BATCH_BYTES


def test_no_lines_are_no_batch() -> None:
    assert list(batches([])) == []


def test_a_line_larger_than_an_event_is_cut_between_characters(tmp_path: Path) -> None:
    """Bytes that are no text become three bytes each, so that what is kept may outgrow an event."""
    logs = kept(tmp_path, log=b"\xff" * 600_000)
    found = logs.streams[OUTPUT, "jr_1-driver"]
    assert "".join(found) == "\ufffd" * 600_000
    assert (len(found), logs.calls) == (2, 2)


def test_of_a_long_log_the_end_is_kept_and_what_is_left_off_is_counted(tmp_path: Path) -> None:
    file = tmp_path / "jr_1.log"
    lines = [f"line {number:06d}" for number in range(100_000)]
    file.write_text("\n".join(lines))
    first, *found = tail(file)
    left_off = file.stat().st_size - KEPT_BYTES
    assert first == f"(the first {left_off:,} bytes are left off)"
    assert "\n".join(lines).encode()[left_off:].decode() == "\n".join(found)
    assert found[-1] == lines[-1]


def test_a_log_of_just_the_size_that_is_kept_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "jr_1.log"
    file.write_text("x" * KEPT_BYTES)
    assert list(tail(file)) == ["x" * KEPT_BYTES]
    assert list(tail(tmp_path / "absent")) == []
