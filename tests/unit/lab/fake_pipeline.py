"""An orchestrator, a mailbox and a time that do as they are told, for tests of what the lab makes of a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from lab.clock import Clock
from lab.measure.mailbox import Notification
from lab.orchestrators.run_state import RunState, StepRun

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)


def said(status: str) -> Notification:
    return Notification(
        subject=status.upper(), run_id="run", status=status, failed_step=None, error=None, sent_at=BEGAN
    )


class FakeTime:
    """Seconds pass only by sleeping."""

    def __init__(self) -> None:
        self.at = 0.0

    def clock(self) -> Clock:
        return Clock(now=lambda: BEGAN + timedelta(seconds=self.at), monotonic=lambda: self.at, sleep=self.pass_by)

    def pass_by(self, seconds: float) -> None:
        self.at += seconds


class FakeOrchestrator:
    """Ends after some looks, or never."""

    lane = "glue"

    def __init__(self, *, looks: int | None, end: RunState, error: Exception | None = None) -> None:
        self.looks, self.end, self.error = looks, end, error
        self.stopped: list[str] = []

    def start(self) -> str:
        if self.error is not None:
            raise self.error
        return "run"

    def poll(self, run_id: str) -> RunState:
        assert run_id == "run"
        if self.looks is None:
            return RunState(status="running", steps=(StepRun(name="convert", status="running"),))
        self.looks -= 1
        return self.end if self.looks <= 0 else RunState(status="running")

    def unhealthy(self) -> str | None:
        return None

    def stop(self, run_id: str) -> None:
        self.stopped.append(run_id)


class Nothing:
    """An empty bucket, catalog and warehouse, and a mailbox with the messages given."""

    def __init__(self, notifications: tuple[Notification, ...] = ()) -> None:
        self.notifications = notifications

    def get_paginator(self, _operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **_: [{}])

    def get_object(self, **_: Any) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no evidence"}}, "GetObject")

    def get_job_runs(self, **_: Any) -> dict[str, Any]:
        return {"JobRuns": []}

    def list_crawls(self, **_: Any) -> dict[str, Any]:
        return {"Crawls": []}

    def rows(self, **_: Any) -> int:
        return 0

    def wait_for(self, _run_id: str, *, seconds: float) -> tuple[Notification, ...]:
        assert seconds > 0
        return self.notifications

    of_run = drain = wait_for

    def api_calls(self, **_: Any) -> dict[str, int]:
        return {"glue:StartCrawler": 1}

    def skipped_seconds(self, _run_id: str) -> float:
        return 0.0
