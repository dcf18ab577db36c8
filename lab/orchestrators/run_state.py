"""What any orchestrator's client can say about one run; the clients map their service's words to these."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Protocol

from pydantic import Field, PlainSerializer, computed_field
from pydantic.dataclasses import dataclass as recorded

# As runs.json has them: ISO 8601 in UTC and seconds, both to the millisecond.
Moment = Annotated[
    datetime, PlainSerializer(lambda at: at.astimezone(UTC).isoformat(timespec="milliseconds"), when_used="json")
]
Seconds = Annotated[float, PlainSerializer(lambda seconds: round(seconds, 3), when_used="json")]


class Status(StrEnum):
    """Of a run or a step; only a step that did not begin is WAITING."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    STOPPED = "stopped"


BAD = (Status.FAILED, Status.TIMED_OUT, Status.STOPPED)


@recorded(frozen=True, kw_only=True)
class StepRun:
    """One step of a run as its orchestrator tells it; `attempt` counts from 1, 0 before the first."""

    name: str
    status: Status = Status.WAITING
    attempt: int = 0
    started_at: Moment | None = None
    ended_at: Moment | None = None
    error: Annotated[str | None, Field(exclude=True)] = None

    @computed_field
    @property
    def seconds(self) -> Seconds | None:
        """Wall seconds from the first start to the last end; None while it has not ended."""
        if self.started_at is None or self.ended_at is None:
            return None
        return max(0.0, (self.ended_at - self.started_at).total_seconds())


@dataclass(frozen=True, kw_only=True)
class RunState:
    """One look at a run. `transitions` only where the orchestrator bills them."""

    status: Status
    steps: tuple[StepRun, ...] = ()
    error: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    transitions: int | None = None

    @property
    def ended(self) -> bool:
        return self.status != Status.RUNNING

    @property
    def failed_step(self) -> StepRun | None:
        """The first step, in the pipeline's order, that ended badly; one that was only stopped comes last."""
        failed = [step for step in self.steps if step.status in BAD]
        return min(failed, key=lambda step: step.status == Status.STOPPED, default=None)


def judged(state: RunState, *, required: tuple[str, ...]) -> RunState:
    """`state`, but a success only if every required step is one: a service's word alone is not believed."""
    if state.status != Status.SUCCEEDED:
        return state
    found = {step.name: step.status for step in state.steps}
    lacking = [f"{name} ({found.get(name, 'not there')})" for name in required if found.get(name) != Status.SUCCEEDED]
    if not lacking:
        return state
    return replace(
        state,
        status=Status.FAILED,
        error=state.error or f"StepsIncomplete: the run is over and did not carry out {', '.join(lacking)}",
    )


class Orchestrator(Protocol):
    """A client of one deployed pipeline. Every method may raise botocore's ClientError."""

    lane: str

    def start(self) -> str:
        """Begins a run and gives its id, the same that the notification carries."""
        ...

    def poll(self, run_id: str) -> RunState:
        """One look, no waiting."""
        ...

    def unhealthy(self) -> str | None:
        """What of the orchestrator itself is not well, so that runs may wait in vain; None if it is, or needs no care.

        One look, no waiting.
        """
        ...

    def stop(self, run_id: str) -> None:
        """Ends the run and the jobs it started; harmless if it is over."""
        ...
