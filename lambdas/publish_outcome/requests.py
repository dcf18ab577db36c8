"""What the publisher is called with: a step of a run, an event of its orchestrator, or the sweep's schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lambdas.publish_outcome.ended import Ended
from pipeline.glue_message import job_run_of, readable_cause
from pipeline.job_log import JobLog
from pipeline.outcome import Outcome
from pipeline.steps import PIPELINE

SWEEP = "Scheduled Event"
"""Detail type of a rule with a schedule."""
LOOKBACK = timedelta(days=2)
"""How far back a sweep looks: longer than any run and any outage that somebody would not have seen."""


def is_sweep(event: Mapping[str, Any]) -> bool:
    """Whether no run in particular is meant."""
    return event.get("detail-type") == SWEEP


def since(event: Mapping[str, Any]) -> datetime:
    """The oldest moment that matters to this event."""
    return datetime.fromisoformat(event["time"].replace("Z", "+00:00")) - LOOKBACK


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What the `notify` step of a run says of it."""

    run_id: str
    start: str
    status: str
    failed_step: str | None = None
    error: str | None = None
    log: JobLog | None = None

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Notice | None:
        """None where the event is no step's. A state machine says `failure`, whose Cause begins with "<step>: "."""
        notice = event.get("notify")
        if notice is None:
            return None
        step, error = notice.get("failed_step"), notice.get("error")
        log = JobLog(job_run=of["job_run"], groups=tuple(of["groups"])) if (of := notice.get("log")) else None
        if failure := notice.get("failure"):
            step, error = blamed(failure["Cause"]), f"{failure['Error']}: {readable_cause(failure['Cause'])}"
            log = JobLog.of_failure(job_run_of(failure["Cause"]))
        return cls(
            run_id=notice["run_id"],
            start=str(notice["start"]),
            status=notice["status"],
            failed_step=step,
            error=error,
            log=log,
        )

    def ended(self, lane: str) -> Ended:
        """The same end that the event and the sweep will find."""
        outcome = Outcome(
            pipeline=PIPELINE.name,
            lane=lane,
            run_id=self.run_id,
            status=self.status,
            failed_step=self.failed_step,
            error=self.error,
            log=self.log,
        )
        return Ended(lane=lane, run_id=self.run_id, start=self.start, status=self.status, read=lambda: outcome)


def blamed(cause: str | None) -> str | None:
    """The step that a failure's cause names: "<step>: ..."."""
    step = (cause or "").partition(":")[0]
    return step if step in {one.name for one in PIPELINE.steps} else None
