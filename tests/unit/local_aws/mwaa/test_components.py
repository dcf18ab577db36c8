"""Airflow's components: one that ends is started again, one that ends too often ends them all by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from local_aws.services.mwaa.components import RESTARTS, WITHIN_SECONDS, Components


@dataclass
class FakeProcess:
    """Runs until it has a code."""

    name: str
    code: int | None = None
    is_ended: bool = False
    is_forgotten: bool = False

    def poll(self) -> int | None:
        return self.code


class Airflow:
    """Its components with fake processes, and a clock."""

    def __init__(self) -> None:
        self.started: list[FakeProcess] = []
        self.said: list[str] = []
        self.at = 0.0
        self.database = FakeProcess("metadata database")
        self.components = Components(
            names=("scheduler", "triggerer"),
            start=self.start,
            forget=lambda process: setattr(process, "is_forgotten", True),
            end=self.end,
            monotonic=lambda: self.at,
            say=self.said.append,
        )
        self.components.begin(vital={"metadata database": self.database})

    def start(self, name: str) -> FakeProcess:
        self.started.append(FakeProcess(name))
        return self.started[-1]

    def end(self, processes: Sequence[FakeProcess]) -> None:
        for process in processes:
            process.is_ended = True

    def kill(self, name: str) -> FakeProcess:
        process = self.components.running[name]
        process.code = -9
        self.components.look()
        return process


def test_component_that_ends_is_started_again_and_what_it_left_is_ended() -> None:
    airflow = Airflow()
    killed = airflow.kill("scheduler")
    assert killed.is_forgotten
    assert [one.name for one in airflow.started] == ["scheduler", "triggerer", "scheduler"]
    assert airflow.components.failure is None
    assert airflow.said == ["ComponentEnded: Airflow's scheduler ended with code -9; started again (1 of 3)\n"]


def test_component_that_ends_too_often_ends_all_by_name() -> None:
    airflow = Airflow()
    for _ in range(RESTARTS + 1):
        airflow.kill("scheduler")
    assert airflow.components.failure == (
        "ComponentEnded: Airflow's scheduler ended with code -9, 4 times within 300 s; it is not started again"
    )
    assert all(one.is_ended or one.is_forgotten for one in [*airflow.started, airflow.database])
    assert airflow.components.running == {}


def test_ends_that_lie_far_apart_do_not_count() -> None:
    airflow = Airflow()
    for _ in range(3 * RESTARTS):
        airflow.kill("triggerer")
        airflow.at += WITHIN_SECONDS / 2
    assert airflow.components.failure is None


def test_nothing_goes_on_without_its_database() -> None:
    airflow = Airflow()
    airflow.database.code = 1
    airflow.components.look()
    assert airflow.components.failure == (
        "ComponentEnded: Airflow's metadata database ended with code 1; it is not started again"
    )
    assert all(one.is_ended for one in airflow.started)


def test_nothing_is_started_again_once_stopped_or_unwatched() -> None:
    for let_go in ("stop", "unwatch"):
        airflow = Airflow()
        getattr(airflow.components, let_go)()
        for process in airflow.started:
            process.code = 0
        airflow.components.look()
        assert len(airflow.started) == 2
    stopped = Airflow()
    stopped.components.stop()
    assert all(one.is_ended for one in [*stopped.started, stopped.database])
    stopped.components.begin(vital={})
    assert stopped.components.running == {}
