"""The Airflow client: DAG run and task instances through InvokeRestApi."""

from __future__ import annotations

from typing import Any

import pytest

from lab.orchestrators.airflow import PATH_LIMIT, TASKS_PATH, AirflowDag
from pipeline.steps import PIPELINE

JOBS = {step.name: f"nf1-dev-{step.name}" for step in PIPELINE.steps}


class FakeMwaa:
    """Airflow's answers by method and path."""

    def __init__(self, *, run: str, tasks: dict[str, str], health: dict[str, str | None] | None = None) -> None:
        self.run = run
        self.health = health or {}
        self.tasks = tasks
        self.asked: list[tuple[str, str, Any]] = []

    def invoke_rest_api(self, *, Name: str, Method: str, Path: str, Body: Any = None) -> dict[str, Any]:
        assert Name == "nf1-dev-airflow"
        assert len(Path) <= PATH_LIMIT, "the service refuses it"
        self.asked.append((Method, Path, Body))
        return {"RestApiStatusCode": 200, "RestApiResponse": self.answer(Method, Path, Body)}

    def answer(self, method: str, path: str, body: Any) -> Any:
        if path == TASKS_PATH:
            assert body["dag_ids"] == ["csv_to_parquet"]
            assert len(body["dag_run_ids"]) == 1
            return {"task_instances": [self.instance(name, state) for name, state in self.tasks.items()]}
        if method == "POST":
            return {"dag_run_id": body["dag_run_id"]}
        if path == "/monitor/health":
            return {name: {"status": word} for name, word in self.health.items()}
        return {"state": self.run, "start_date": "2026-11-20T12:00:00Z", "end_date": "2026-11-20T12:01:00Z"}

    def instance(self, name: str, state: str) -> dict[str, Any]:
        return {
            "task_id": name,
            "state": state,
            "try_number": 1,
            "start_date": "2026-11-20T12:00:00Z",
            "end_date": "2026-11-20T12:00:05.5Z",
            "duration": 99.0,
        }


class FakeGlue:
    """One failed job run."""

    def __init__(self, *, state: str = "FAILED") -> None:
        self.state = state
        self.stopped: list[str] = []

    def get_job_runs(self, *, JobName: str, MaxResults: int) -> dict[str, Any]:
        assert MaxResults <= 200
        others = [{"Id": "jr_2", "Arguments": {"--run_id": "another"}}, {"Id": "jr_3"}]
        return {"JobRuns": [*others, {"Id": "jr_1", "Arguments": {"--run_id": "run"}}, {"Id": "jr_0", "Arguments": {}}]}

    def get_job_run(self, *, JobName: str, RunId: str) -> dict[str, Any]:
        assert RunId == "jr_1"
        boom = {"ErrorMessage": f"Boom: {JobName}"} if self.state == "FAILED" else {}
        return {"JobRun": {"JobRunState": self.state, **boom}}

    def batch_stop_job_run(self, *, JobName: str, JobRunIds: list[str]) -> None:
        self.stopped += [f"{JobName}/{run}" for run in JobRunIds]


ALL_GOOD = {step.name: "success" for step in PIPELINE.steps}


def client(run: str, **tasks: str) -> tuple[AirflowDag, FakeMwaa, FakeGlue]:
    mwaa, glue = FakeMwaa(run=run, tasks={**ALL_GOOD, **tasks}), FakeGlue()
    return AirflowDag(mwaa=mwaa, glue=glue, environment="nf1-dev-airflow", jobs=JOBS), mwaa, glue


def test_success_is_the_runs_and_every_tasks() -> None:
    dag, _, _ = client("success", notify_failure="skipped")
    state = dag.poll("run")
    assert state.status == "succeeded"
    assert {step.seconds for step in state.steps} == {5.5}, "end minus start, not Airflow's duration"


@pytest.mark.parametrize("word", ["failed", "upstream_failed", "skipped", "removed"])
def test_green_run_with_a_task_that_did_not_succeed_is_no_success(word: str) -> None:
    dag, _, _ = client("success", verify=word)
    state = dag.poll("run")
    assert state.status == "failed"
    assert "verify" in (state.error or "")


def test_failed_run_names_the_step_and_the_jobs_own_error() -> None:
    dag, _, _ = client("failed", convert="failed", notify="upstream_failed")
    state = dag.poll("run")
    assert state.status == "failed"
    assert state.error == "step convert failed: Boom: nf1-dev-convert"


def test_step_that_failed_although_its_job_run_succeeded_is_a_lost_attempt() -> None:
    mwaa = FakeMwaa(run="failed", tasks={**ALL_GOOD, "convert": "failed", "notify": "upstream_failed"})
    glue = FakeGlue(state="SUCCEEDED")
    error = AirflowDag(mwaa=mwaa, glue=glue, environment="nf1-dev-airflow", jobs=JOBS).poll("run").error
    assert (error or "").startswith("step convert failed: AttemptLost: its job run jr_1 succeeded")


def test_failed_crawl_has_no_job_to_ask() -> None:
    dag, _, _ = client("failed", crawl_raw="failed")
    assert "step crawl_raw failed" in (dag.poll("run").error or "")


@pytest.mark.parametrize("word", ["running", "deferred", "up_for_retry"])
def test_deferred_and_retried_tasks_are_running(word: str) -> None:
    dag, _, _ = client("running", convert=word)
    state = dag.poll("run")
    assert (state.status, state.steps[1].status, state.steps[1].ended_at) == ("running", "running", None)


def test_queued_run_is_running() -> None:
    dag, _, _ = client("queued")
    assert dag.poll("run").status == "running"


def test_start_names_the_run() -> None:
    dag, mwaa, _ = client("queued")
    run_id = dag.start()
    assert mwaa.asked[0][:2] == ("POST", "/dags/csv_to_parquet/dagRuns")
    assert mwaa.asked[0][2]["dag_run_id"] == run_id
    dag.poll(run_id)  # the fake refuses a path that is too long


def test_stop_ends_the_job_that_a_deferred_task_left_running() -> None:
    dag, mwaa, glue = client("running", convert="deferred", crawl_curated="scheduled")
    dag.stop("run")
    assert ("PATCH", "/dags/csv_to_parquet/dagRuns/run", {"state": "failed"}) in mwaa.asked
    assert glue.stopped == ["nf1-dev-convert/jr_1"]


WELL = {"metadatabase": "healthy", "scheduler": "healthy", "triggerer": "healthy", "dag_processor": None}


@pytest.mark.parametrize(
    ("health", "said"),
    [
        (WELL, None),
        ({**WELL, "scheduler": "unhealthy"}, "Airflow's scheduler is unhealthy"),
        (
            {**WELL, "scheduler": "unhealthy", "triggerer": "unhealthy"},
            "Airflow's scheduler is unhealthy, triggerer is unhealthy",
        ),
    ],
)
def test_components_that_do_not_work_are_named(health: dict[str, str | None], said: str | None) -> None:
    mwaa = FakeMwaa(run="running", tasks=ALL_GOOD, health=health)
    assert AirflowDag(mwaa=mwaa, glue=FakeGlue(), environment="nf1-dev-airflow", jobs=JOBS).unhealthy() == said
