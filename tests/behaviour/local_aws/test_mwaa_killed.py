"""A component of Airflow that is killed: the run ends well or by name within two minutes, and no process is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.clock import WALL
from lab.orchestrators.airflow import AirflowDag
from lab.orchestrators.run_state import RunState
from lab.processes import living
from lab.watch import Watch, Watched
from local_aws.composition import LocalAws
from local_aws.services.mwaa.airflow import Airflow
from pipeline.steps import Crawled, Kind, Pipeline, Step
from tests.behaviour.local_aws.conftest import Gateway, until
from tests.behaviour.local_aws.mwaa_environment import environment
from tests.checkout import AIRFLOW

TOLD_WITHIN_SECONDS = 120.0
# Each component has five seconds to end by itself.
ENDED_WITHIN_SECONDS = 40.0
PIPELINE = Pipeline(
    name="killed",
    steps=(
        Step(name="wait", kind=Kind.CRAWL, crawls=Crawled.LANDING, timeout_seconds=60),
        Step(name="work", kind=Kind.CRAWL, crawls=Crawled.LANDING, timeout_seconds=60, after=("wait",)),
        Step(name="notify", kind=Kind.NOTIFY, timeout_seconds=60, after=("work",)),
    ),
)
DAG = """
import time
from datetime import timedelta

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import DAG, BaseOperator


class Wait(BaseOperator):
    def execute(self, context):
        self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=2)), method_name="resumed")

    def resumed(self, context, event=None):
        return "resumed"


class Work(BaseOperator):
    def execute(self, context):
        time.sleep(4)


with DAG(dag_id="killed", schedule=None, is_paused_upon_creation=False):
    often = {"retries": 2, "retry_delay": timedelta(seconds=1)}
    Wait(task_id="wait", **often) >> Work(task_id="work", **often) >> Work(task_id="notify", **often)
"""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A local AWS of its own with one environment that is up."""

    gateway: Gateway
    state: Path
    name: str

    @property
    def airflow(self) -> Airflow:
        airflow = self.gateway.local.mwaa.airflow
        assert airflow is not None
        return airflow

    def kill(self, component: str) -> None:
        os.kill(self.airflow.components.running[component].pid, signal.SIGKILL)

    def run(self, *, killing: str, while_running: str, every_look: bool = False) -> tuple[Watched, float]:
        """(how a run ended, seconds from the kill until it was told)."""
        killed_at: list[float] = []

        def progress(_lane: str, state: RunState) -> None:
            running = [step.name for step in state.steps if step.status == "running"]
            if (while_running in running and not killed_at) or (killed_at and every_look):
                self.kill_if_there(killing)
                killed_at.append(WALL.monotonic())

        mwaa: Any = self.gateway.client("mwaa")
        dag = AirflowDag(mwaa=mwaa, glue=None, environment=self.name, jobs={}, pipeline=PIPELINE)
        watch = Watch(pipeline=PIPELINE, clock=WALL, poll_seconds=0.5, unhealthy_seconds=60.0, progress=progress)
        found = watch.to_its_end(dag)
        assert killed_at, "nothing was killed"
        return found, WALL.monotonic() - killed_at[0]

    def kill_if_there(self, component: str) -> None:
        if component in self.airflow.components.running:
            self.kill(component)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    state = tmp_path_factory.mktemp("killed")
    local = LocalAws(state=state, airflow_venv=AIRFLOW)
    local.start()
    local.mwaa.prestart()
    gateway = Gateway(local=local)
    try:
        name, shown = environment(gateway, DAG)
        assert shown["Status"] == "AVAILABLE", shown.get("LastUpdate")
        yield Scene(gateway=gateway, state=state, name=name)
    finally:
        local.stop()
        assert living(state) == [], "no process is left behind"


@pytest.mark.parametrize(
    ("component", "while_running"),
    [("triggerer", "wait"), ("scheduler", "work"), ("api-server", "work")],
)
def test_killed_component_is_started_again_and_the_run_ends_well(
    scene: Scene, component: str, while_running: str
) -> None:
    before = scene.airflow.components.running[component].pid
    found, seconds = scene.run(killing=component, while_running=while_running)
    assert (found.state.status, found.state.error) == ("succeeded", None)
    assert seconds < TOLD_WITHIN_SECONDS
    assert scene.airflow.components.running[component].pid != before


def test_component_that_dies_again_and_again_ends_the_run_by_name(scene: Scene) -> None:
    found, seconds = scene.run(killing="scheduler", while_running="wait", every_look=True)
    assert found.state.status == "failed"
    assert "UNAVAILABLE: ComponentEnded: Airflow's scheduler ended with code -9" in (found.state.error or "")
    assert seconds < TOLD_WITHIN_SECONDS
    shown = scene.gateway.client("mwaa").get_environment(Name=scene.name)["Environment"]
    assert shown["Status"] == "UNAVAILABLE"
    assert "Airflow's scheduler" in shown["LastUpdate"]["Error"]["ErrorMessage"]
    until(lambda: living(scene.state), lambda left: left == [], ENDED_WITHIN_SECONDS)
