"""runs.json: its shape, written and read. Times are ISO 8601 in UTC, durations in seconds, money in USD."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError, computed_field
from pydantic.dataclasses import dataclass

from lab.measure.cost import Cost
from lab.measure.job_runs import LoggedRun
from lab.measure.ledger import Files, Rows
from lab.measure.mailbox import Notification
from lab.measure.repeats import Repeat
from lab.orchestrators.run_state import Moment, Seconds, Status, StepRun
from lake.ledger.rejections import Rejected
from pipeline.errors import ConfigInvalid


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run, succeeded or not. None where a thing was not or could not be measured."""

    orchestrator: str
    run_id: str | None
    status: Status
    error: str | None
    started_at: Moment
    ended_at: Moment
    steps: tuple[StepRun, ...]
    overhead_seconds: Seconds | None
    api_calls: dict[str, int] | None
    transitions: int | None
    notifications: tuple[Notification, ...]
    rows: Rows
    files: Files
    output_digest: str | None
    warehouse_rows: int | None
    cost_usd: Cost | None
    # Not in what older versions wrote. A run without the others is no record: nothing stands for what is missing.
    rejected: tuple[Rejected, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    job_runs: tuple[LoggedRun, ...] = ()

    @computed_field
    @property
    def seconds(self) -> Seconds:
        return max(0.0, (self.ended_at - self.started_at).total_seconds())


def not_run(lane: str, *, error: str | None, at: datetime) -> RunRecord:
    """A run of which nothing is known but why it failed."""
    return RunRecord(
        orchestrator=lane,
        run_id=None,
        status=Status.FAILED,
        error=error,
        started_at=at,
        ended_at=at,
        steps=(),
        overhead_seconds=None,
        api_calls=None,
        transitions=None,
        notifications=(),
        rows=Rows(),
        files=Files(),
        output_digest=None,
        warehouse_rows=None,
        cost_usd=None,
    )


@dataclass(frozen=True, kw_only=True)
class Input:
    """What landed for the runs."""

    files: int
    bytes: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All runs of one command over one input; `interrupted` if the user wanted no more of them."""

    on: str
    started_at: Moment
    input: Input
    runs: tuple[RunRecord, ...]
    interrupted: Annotated[bool, Field(exclude=True)] = False

    @property
    def succeeded(self) -> bool:
        return bool(self.runs) and not self.interrupted and all(run.status == Status.SUCCEEDED for run in self.runs)

    def as_json(self) -> dict[str, Any]:
        """What runs.json holds."""
        return _COMPARISON.dump_python(self, mode="json")


_COMPARISON = TypeAdapter(Comparison)


def write_json(value: Any, path: Path) -> None:
    """Whole or not at all: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(value, indent=2) + "\n")
    partial.replace(path)


def read_runs(path: Path) -> Comparison:
    """A runs.json; raises ConfigInvalid, naming the place, if it is absent or something else."""
    if not path.is_file():
        raise ConfigInvalid(f"{path} does not exist; `lab run --json {path}` or `lab demo` writes it")
    try:
        return _COMPARISON.validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "as a whole"
        raise ConfigInvalid(
            f"{path} is no runs.json ({place}: {first['msg']}); write it anew with `lab run --json {path}`"
        ) from error
