"""Whether a run still gets anywhere: changes of the run, and where none come, the health of its orchestrator.

Flows in: every look at one run. Flows out: None, or why nobody should go on waiting. Bounds are close to what is waited
for: a step's own timeout while it runs, a few minutes between steps.
"""

from __future__ import annotations

from collections.abc import Callable

from botocore.exceptions import ClientError

from lab.failures import SERVICE_FAILURES, named
from lab.orchestrators.run_state import Orchestrator, RunState, Status
from pipeline.steps import Pipeline

# A run that moves needs no other sign of life; a question costs a call.
QUIET_SECONDS = 30.0
HEALTH_POLL_SECONDS = 10.0
# How long an orchestrator may be unwell: locally a component is started again within seconds, on AWS a task of
# MWAA's is replaced within minutes.
UNHEALTHY_SECONDS = {"local": 60.0, "aws": 300.0}
# How long nothing may change beyond the bounds of the steps that run, or between steps.
STALL_SECONDS = 180.0
SERVER_ERROR = 500


class Liveness:
    """Of one run; `unhealthy_seconds` is how long its orchestrator may be unwell or not answer."""

    def __init__(self, *, pipeline: Pipeline, monotonic: Callable[[], float], unhealthy_seconds: float) -> None:
        self._pipeline = pipeline
        self._monotonic = monotonic
        self._unhealthy_seconds = unhealthy_seconds
        self._seen: object = None
        self._changed_at = monotonic()
        self._asked_at = float("-inf")
        self._unwell_since: float | None = None
        self._unwell = ""

    def after(self, state: RunState, orchestrator: Orchestrator) -> tuple[str, str] | None:
        """(status, error) to end the run with, after a look at it that found `state`; None while it may go on."""
        now = self._monotonic()
        seen = (state.status, state.transitions, tuple((one.name, one.status, one.attempt) for one in state.steps))
        if seen != self._seen:
            self._seen, self._changed_at, self._unwell_since = seen, now, None
            return None
        quiet = now - self._changed_at
        if quiet >= QUIET_SECONDS and now - self._asked_at >= HEALTH_POLL_SECONDS:
            self._asked_at = now
            self._note(self._complaint(orchestrator), now)
        if error := self._too_long_unwell(now):
            return Status.FAILED, error
        bound = self._bound_seconds(state)
        if quiet < bound:
            return None
        running = ", ".join(one.name for one in state.steps if one.status == Status.RUNNING) or "no step"
        return (
            Status.TIMED_OUT,
            f"RunStalled: nothing changed for {quiet:.0f} s, bound {bound:.0f} s ({running} is running)",
        )

    def unanswered(self, failure: Exception) -> str | None:
        """Why a failed look ends the watch; None where the service may be busy for a while and was not for too long."""
        if not is_busy(failure):
            return named(failure)
        now = self._monotonic()
        self._note(named(failure), now)
        return self._too_long_unwell(now)

    def _complaint(self, orchestrator: Orchestrator) -> str | None:
        try:
            return orchestrator.unhealthy()
        except SERVICE_FAILURES as failure:
            return named(failure)

    def _note(self, complaint: str | None, now: float) -> None:
        if complaint is None:
            self._unwell_since = None
            return
        self._unwell = complaint
        if self._unwell_since is None:
            self._unwell_since = now

    def _too_long_unwell(self, now: float) -> str | None:
        if self._unwell_since is None or now - self._unwell_since < self._unhealthy_seconds:
            return None
        return f"OrchestratorUnhealthy: {self._unwell}, for {now - self._unwell_since:.0f} s"

    def _bound_seconds(self, state: RunState) -> float:
        steps = {step.name: step for step in self._pipeline.steps}
        if state.started_at is None and all(one.status == Status.WAITING for one in state.steps):
            # It waits for its turn behind another run.
            return sum(step.timeout_seconds * (1 + step.retry.attempts) for step in steps.values())
        running = [steps[one.name] for one in state.steps if one.status == Status.RUNNING and one.name in steps]
        return STALL_SECONDS + max((one.timeout_seconds + one.retry.max_interval_seconds for one in running), default=0)


def is_busy(failure: Exception) -> bool:
    """Whether a service answered that it can't answer now."""
    if not isinstance(failure, ClientError):
        return False
    status = failure.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= SERVER_ERROR or failure.response.get("Error", {}).get("Code") == "RestApiServerException"
