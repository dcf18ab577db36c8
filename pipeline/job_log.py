"""Where the log of a job run is: Glue's log groups and its stream in CloudWatch Logs.

Flows in: a job run as Glue's API, a workflow's graph or a state machine's cause has it. Flows out: names, for people
and for programs. The groups begin with the run's own `LogGroupName`: what Glue adds to it under a security
configuration is documented in two ways, so it is read, never built. Asks nothing of AWS.
https://docs.aws.amazon.com/glue/latest/webapi/API_JobRun.html
https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PARTS = ("output", "error")
"""What the script wrote, its traceback too; what Glue and Spark wrote."""


@dataclass(frozen=True, kw_only=True)
class JobLog:
    """`groups` in the order of `PARTS`; every stream of the run begins with `job_run`, the driver's is `stream`."""

    job_run: str
    groups: tuple[str, ...]

    @classmethod
    def of(cls, job_run: Mapping[str, Any]) -> JobLog | None:
        """None where the run has no id or Glue says no log group of it: a guess would send people astray."""
        group = (job_run.get("LogGroupName") or "").rstrip("/")
        if not job_run.get("Id") or not group:
            return None
        return cls(job_run=job_run["Id"], groups=tuple(f"{group}/{part}" for part in PARTS))

    @classmethod
    def of_failure(cls, job_run: Mapping[str, Any]) -> JobLog | None:
        """None also where the run succeeded: then the failure is not in its log."""
        return None if job_run.get("JobRunState") == "SUCCEEDED" else cls.of(job_run)

    @property
    def stream(self) -> str:
        """Of the driver, which runs the script."""
        return f"{self.job_run}-driver"

    @property
    def line(self) -> str:
        """For people: where it is, and the command that shows what the script wrote."""
        return (
            f"CloudWatch Logs, log groups {' and '.join(self.groups)}, log stream {self.stream}: "
            f"aws logs filter-log-events --log-group-name {self.groups[0]} "
            f"--log-stream-name-prefix {self.job_run} --query 'events[].[message]' --output text"
        )
