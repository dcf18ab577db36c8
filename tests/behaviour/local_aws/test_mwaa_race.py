"""A trigger that fires before the worker that deferred its task has ended: a hundred times, and none is lost.

The first test shows that it is a race: with MWAA's own settings, and work after the deferral, attempts are lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local_aws.services.mwaa.airflow import Airflow
from local_aws.services.processes import Processes
from tests.behaviour.local_aws.conftest import until
from tests.checkout import AIRFLOW

BOOT_SECONDS = 120.0
RUN_SECONDS = 300.0
DAG = """
import subprocess
import time
from datetime import timedelta

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import DAG, BaseOperator


class Deferring(BaseOperator):
    def __init__(self, *, number, **more):
        super().__init__(**more)
        self.number = number

    def execute(self, context):
        self.again(context, count=0)

    def again(self, context, event=None, count=0):
        if count < {times}:
            # The worker ends only when nobody holds its output any more.
            subprocess.Popen(["sleep", "{slow}"])
            self.defer(
                trigger=TimeDeltaTrigger(timedelta(0)), method_name="again", kwargs={{"count": count + 1}}
            )
        time.sleep({work})


with DAG(dag_id="race", schedule=None, is_paused_upon_creation=False):
    Deferring.partial(task_id="race", retries=0).expand(number=list(range({tasks})))
"""


@contextmanager
def airflow(home: Path, *, dag: str, waits_for_workers: bool) -> Iterator[Airflow]:
    processes = Processes()
    # A worker that ends late holds a slot and nothing else. Twenty at once were too many for a busy API server.
    slots = {"AIRFLOW__CORE__PARALLELISM": "10"}
    one = Airflow(venv=AIRFLOW, home=home, processes=processes, aws=slots, waits_for_workers=waits_for_workers)
    one.start()
    (one.dags / "race.py").write_text(dag)
    try:
        until(one.unhealthy, lambda missing: not missing, BOOT_SECONDS)
        until(lambda: one.call("GET", "/dags/race").status, lambda status: status == 200, BOOT_SECONDS)
        yield one
    finally:
        one.stop()
        processes.end_all()


def ended(one: Airflow) -> tuple[str, Counter[str]]:
    """(the run's state, its task instances by state) once it has ended."""
    body = {"dag_run_id": "r", "logical_date": None}
    assert one.call("POST", "/dags/race/dagRuns", body=body).status == 200
    run = "/dags/race/dagRuns/r"

    def state_now() -> str:
        # A busy machine may leave one question unanswered; the run has a bound of its own.
        try:
            return one.call("GET", run).body["state"]
        except TimeoutError:
            return "no answer"

    state = until(state_now, lambda it: it in ("success", "failed"), RUN_SECONDS)
    found: list[dict[str, Any]] = one.call("GET", f"{run}/taskInstances").body["task_instances"]
    return state, Counter(one["state"] for one in found)


def failures(one: Airflow) -> str:
    """What the tasks' logs and the components' say of errors: the folder is gone when somebody asks."""
    logs = sorted((one.home / "logs").rglob("attempt=*.log*"))
    lines = (f"{log.parent.name}: {line[:500]}" for log in logs for line in log.read_text().splitlines())
    errors = [line for line in lines if '"level":"error"' in line.replace(" ", "")]
    return "\n".join((*errors[:20], one.last_log_lines(20)))


def test_airflow_itself_loses_attempts_whose_trigger_fires_at_once(tmp_path: Path) -> None:
    with airflow(tmp_path, dag=DAG.format(tasks=2, times=1, slow=5, work=10), waits_for_workers=False) as one:
        state, tasks = ended(one)
        told = (one.home / "scheduler.log").read_text()
    assert state == "failed"
    assert tasks["failed"] > 0
    assert "finished with state success, but the task instance's state attribute is" in told


def test_none_of_a_hundred_races_is_lost(tmp_path: Path) -> None:
    home = tmp_path / "a folder"
    home.mkdir()
    with airflow(home, dag=DAG.format(tasks=10, times=12, slow=5, work=0), waits_for_workers=True) as one:
        state, tasks = ended(one)
        waited = (one.home / "triggerer.log").read_text().count("waits for the worker that deferred its task")
        told = (one.home / "scheduler.log").read_text()
        why = failures(one)
    assert (state, tasks) == ("success", Counter(success=10)), why
    assert "but the task instance's state attribute is" not in told
    assert waited >= 100, f"the race was forced {waited} times only, of 120"
