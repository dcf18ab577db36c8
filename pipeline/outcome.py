"""The one message that a run sends, titled by what really happened.

Flows in: lane, run, the step that failed, if any. Flows out: subject and body. Publishing is the
orchestrator's (or a function's) business.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.job_log import JobLog

SUCCEEDED = "succeeded"
FAILED = "failed"
STOPPED = "stopped"
EVIDENCE = ("totals", "rows", "files", "rejected")
BODY_LIMIT = 200_000
"""Bytes; SNS takes 256 KiB, and the copy's envelope comes on top."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run came to; `failed_step` and `error` only where status is not `succeeded`."""

    pipeline: str
    lane: str
    run_id: str
    status: str
    failed_step: str | None = None
    error: str | None = None
    outcome_id: str | None = None
    evidence: Mapping[str, Any] | None = None
    """What the run found: `pipeline.layout.evidence_key`."""
    log: JobLog | None = None
    """Of the job run that failed, if it was a job."""

    @property
    def subject(self) -> str:
        """An SNS subject: ASCII, one line, at most 100 characters."""
        at = f" at {self.failed_step}" if self.failed_step else ""
        return f"{self.status.upper()}: {self.pipeline} on {self.lane}{at}"[:100]

    @property
    def body(self) -> str:
        """JSON for machines; error text only, never row values."""
        fields = {
            "status": self.status,
            "pipeline": self.pipeline,
            "lane": self.lane,
            "run_id": self.run_id,
            "failed_step": self.failed_step,
            "error": self.error,
            **_names(self.log),
            "outcome_id": self.outcome_id,
            **{name: (self.evidence or {}).get(name) for name in EVIDENCE},
        }
        body = {name: value for name, value in fields.items() if value is not None}
        while len(text := json.dumps(body)) > BODY_LIMIT and body.get("rejected"):
            named = body["rejected"][: len(body["rejected"]) // 2]
            body |= {"rejected": named, "rejected_left_off": len((self.evidence or {})["rejected"]) - len(named)}
        return text


def _names(log: JobLog | None) -> dict[str, Any]:
    if log is None:
        return {}
    return {"log": log.line, "job_run": log.job_run, "log_groups": list(log.groups), "log_stream": log.stream}
