"""A run that gets nowhere is ended by name: an orchestrator that is unwell, a step or a pause without an end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab.liveness import STALL_SECONDS
from lab.orchestrators.run_state import RunState, StepRun
from lab.watch import Watch, Watched
from pipeline.steps import PIPELINE
from tests.unit.lab.fake_pipeline import BEGAN, FakeTime

BEGUN = RunState(status="running", started_at=BEGAN)
CONVERT = replace(BEGUN, steps=(StepRun(name="convert", status="running", attempt=1),))
BETWEEN = replace(BEGUN, steps=(StepRun(name="convert", status="succeeded", attempt=1),))
UNWELL = "Airflow's scheduler is unhealthy"


class Orchestrator:
    """`look` and `health` are asked with the second of the question."""

    lane = "airflow"

    def __init__(
        self, time: FakeTime, *, look: Callable[[float], RunState], health: Callable[[float], str | None]
    ) -> None:
        self.time, self.look, self.health = time, look, health
        self.asked_at: list[float] = []
        self.is_stopped = False

    def start(self) -> str:
        return "run"

    def poll(self, run_id: str) -> RunState:
        return RunState(status="failed") if self.is_stopped else self.look(self.time.at)

    def unhealthy(self) -> str | None:
        self.asked_at.append(self.time.at)
        return self.health(self.time.at)

    def stop(self, run_id: str) -> None:
        self.is_stopped = True


def watched(
    look: Callable[[float], RunState], health: Callable[[float], str | None] = lambda _at: None
) -> tuple[Watched, Orchestrator]:
    time = FakeTime()
    orchestrator = Orchestrator(time, look=look, health=health)
    watch = Watch(
        pipeline=PIPELINE, clock=time.clock(), poll_seconds=1.0, unhealthy_seconds=60.0, progress=lambda *_: None
    )
    return watch.to_its_end(orchestrator), orchestrator


def refusal(code: str, status: int) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[arg-type]
        "InvokeRestApi",
    )


def raised(error: Exception) -> Any:
    raise error


def test_unhealthy_orchestrator_ends_a_quiet_run_by_name_within_two_minutes() -> None:
    found, orchestrator = watched(lambda _at: CONVERT, lambda _at: UNWELL)
    assert found.state.status == "failed"
    assert found.state.error == f"OrchestratorUnhealthy: {UNWELL}, for 60 s; the run was stopped"
    assert orchestrator.time.at < 120


def test_orchestrator_that_recovers_in_time_costs_no_run() -> None:
    found, _ = watched(
        lambda at: RunState(status="succeeded") if at > 200 else CONVERT, lambda at: UNWELL if at < 80 else None
    )
    assert found.state.status == "succeeded"


def test_a_run_that_moves_is_not_asked_for_its_health() -> None:
    found, orchestrator = watched(
        lambda at: (
            RunState(status="succeeded")
            if at >= 100
            else replace(CONVERT, steps=(StepRun(name="convert", status="running", attempt=int(at // 20)),))
        )
    )
    assert (found.state.status, orchestrator.asked_at) == ("succeeded", [])


@pytest.mark.parametrize(
    ("state", "bound", "told"),
    [
        (CONVERT, 1800 + 120 + STALL_SECONDS, "convert is running"),
        (BETWEEN, STALL_SECONDS, "no step is running"),
        (BEGUN, 28980, "no step is running"),
    ],
)
def test_nothing_changes_for_longer_than_the_present_steps_bound(state: RunState, bound: float, told: str) -> None:
    state = replace(state, started_at=None) if state is BEGUN else state
    found, orchestrator = watched(lambda _at: state)
    assert (found.state.status, orchestrator.is_stopped) == ("timed_out", True)
    assert f"RunStalled: nothing changed for {bound:.0f} s" in (found.state.error or "")
    assert told in (found.state.error or "")


def test_a_run_that_only_changes_to_and_fro_ends_too() -> None:
    found, _ = watched(lambda at: CONVERT if int(at) % 60 < 30 else BETWEEN)
    assert "RunTimedOut: the run did not end" in (found.state.error or "")


@pytest.mark.parametrize(
    ("code", "status"), [("RestApiServerException", 400), ("InternalServerException", 500), ("Anything", 503)]
)
def test_service_that_is_busy_for_a_while_is_looked_at_again(code: str, status: int) -> None:
    found, _ = watched(
        lambda at: raised(refusal(code, status)) if 10 < at < 40 else RunState(status="succeeded") if at > 50 else BEGUN
    )
    assert found.state.status == "succeeded"


def test_service_that_stays_busy_ends_the_run_by_name() -> None:
    found, orchestrator = watched(lambda _at: raised(refusal("InternalServerException", 500)))
    assert found.state.status == "failed"
    assert "InternalServerException" in (found.state.error or "")
    assert orchestrator.time.at < 120


def test_refusal_is_not_looked_at_again() -> None:
    found, orchestrator = watched(lambda _at: raised(refusal("ValidationException", 400)))
    assert (found.state.status, orchestrator.time.at) == ("failed", 0)
    assert "ValidationException" in (found.state.error or "")


def test_health_that_can_not_be_read_is_no_health() -> None:
    found, _ = watched(lambda _at: CONVERT, lambda _at: raised(refusal("InternalServerException", 500)))
    assert "OrchestratorUnhealthy: ClientError" in (found.state.error or "")
