"""The one message that a run sends, titled by what really happened.

Flows in: lane, run, the step that failed, if any. Flows out: subject and body. Publishing is the
orchestrator's (or a function's) business.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

SUCCEEDED = "succeeded"
FAILED = "failed"
STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run came to; `failed_step` and `error` only where status is not `succeeded`."""

    pipeline: str
    lane: str
    run_id: str
    status: str
    failed_step: str | None = None
    error: str | None = None

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
        }
        return json.dumps({name: value for name, value in fields.items() if value is not None})
