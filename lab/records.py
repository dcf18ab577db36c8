"""runs.json: its shape, and nothing else. Times are ISO 8601 in UTC, durations in seconds, money in USD."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab.measure.cost import Cost
from lab.measure.ledger import Counts
from lab.measure.mailbox import Notification
from lab.orchestrators.run_state import FAILED, StepRun
from pipeline.errors import ConfigInvalid


def iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="milliseconds") if at else None


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run, succeeded or not. None where a thing was not or could not be measured."""

    orchestrator: str
    run_id: str | None
    status: str
    error: str | None
    started_at: datetime
    ended_at: datetime
    steps: tuple[StepRun, ...]
    overhead_seconds: float | None
    api_calls: dict[str, int] | None
    transitions: int | None
    notifications: tuple[Notification, ...]
    rows: Counts
    output_digest: str | None
    warehouse_rows: int | None
    cost: Cost | None
    repeats: tuple[dict[str, Any], ...] = ()
    """Job runs that another attempt followed, and why: step, job_run, why."""
    job_runs: tuple[dict[str, Any], ...] = ()
    """Where the job runs' logs are: step, job_run, state, log_groups."""
    rejected: tuple[dict[str, Any], ...] = ()

    @property
    def seconds(self) -> float:
        return max(0.0, (self.ended_at - self.started_at).total_seconds())

    def as_json(self) -> dict[str, Any]:
        return {
            "orchestrator": self.orchestrator,
            "run_id": self.run_id,
            "status": self.status,
            "error": self.error,
            "started_at": iso(self.started_at),
            "ended_at": iso(self.ended_at),
            "seconds": round(self.seconds, 3),
            "steps": [_step(step) for step in self.steps],
            "overhead_seconds": None if self.overhead_seconds is None else round(self.overhead_seconds, 3),
            "api_calls": self.api_calls,
            "transitions": self.transitions,
            "notifications": [{"subject": one.subject, "status": one.status} for one in self.notifications],
            "rows": {
                "read": self.rows.rows_read,
                "curated": self.rows.rows_curated,
                "quarantined": self.rows.rows_quarantined,
            },
            "files": {"read": self.rows.files_read, "refused": self.rows.files_refused},
            "rejected": list(self.rejected),
            "repeats": list(self.repeats),
            "job_runs": list(self.job_runs),
            "output_digest": self.output_digest,
            "warehouse_rows": self.warehouse_rows,
            "cost_usd": self.cost.as_json() if self.cost else None,
        }


def not_run(lane: str, *, error: str | None, at: datetime) -> RunRecord:
    """A run of which nothing is known but why it failed."""
    return RunRecord(
        orchestrator=lane,
        run_id=None,
        status=FAILED,
        error=error,
        started_at=at,
        ended_at=at,
        steps=(),
        overhead_seconds=None,
        api_calls=None,
        transitions=None,
        notifications=(),
        rows=Counts(),
        output_digest=None,
        warehouse_rows=None,
        cost=None,
    )


def _step(step: StepRun) -> dict[str, Any]:
    return {
        "name": step.name,
        "status": step.status,
        "attempt": step.attempt,
        "started_at": iso(step.started_at),
        "ended_at": iso(step.ended_at),
        "seconds": None if step.seconds is None else round(step.seconds, 3),
    }


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All runs of one command over one input; `interrupted` if the user wanted no more of them."""

    on: str
    started_at: datetime
    input_files: int
    input_bytes: int
    input_rows: int
    runs: tuple[RunRecord, ...]
    interrupted: bool = False

    @property
    def succeeded(self) -> bool:
        return bool(self.runs) and not self.interrupted and all(run.status == "succeeded" for run in self.runs)

    def as_json(self) -> dict[str, Any]:
        return {
            "on": self.on,
            "started_at": iso(self.started_at),
            "input": {"files": self.input_files, "bytes": self.input_bytes, "rows": self.input_rows},
            "runs": [run.as_json() for run in self.runs],
        }


def write_json(value: Any, path: Path) -> None:
    """Whole or not at all: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(value, indent=2) + "\n")
    partial.replace(path)


def read_runs(path: Path) -> dict[str, Any]:
    """A runs.json; raises ConfigInvalid if it is absent or something else."""
    if not path.is_file():
        raise ConfigInvalid(f"{path} does not exist; `lab run --json {path}` or `lab demo` writes it")
    try:
        found = json.loads(path.read_text())
    except ValueError as error:
        raise ConfigInvalid(f"{path} is not JSON ({error}); write it anew with `lab run --json {path}`") from error
    if not isinstance(found, dict) or not isinstance(found.get("runs"), list):
        raise ConfigInvalid(f"{path} holds no runs; write it anew with `lab run --json {path}`")
    return found
