"""Client of the DAG on MWAA, through `mwaa:InvokeRestApi` (Airflow's REST API v2 behind IAM).

The outcome is the DAG run's state and every task instance's. A task's `duration` is not used: it is
wrong on SQLite in Airflow 3.2.1; end minus start is.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lab.orchestrators.run_state import BAD, RunState, Status, StepRun, judged
from pipeline.glue_message import run_error
from pipeline.steps import PIPELINE, Kind, Pipeline

if TYPE_CHECKING:
    from types_boto3_glue import GlueClient
    from types_boto3_mwaa import MWAAClient
    from types_boto3_mwaa.literals import RestApiMethodType

STEP_STATUS = {
    "success": Status.SUCCEEDED,
    "failed": Status.FAILED,
    "upstream_failed": Status.WAITING,
    "skipped": Status.WAITING,
    "removed": Status.WAITING,
    "scheduled": Status.WAITING,
    "queued": Status.WAITING,
}
COMPONENTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
ACTIVE = ("running", "deferred", "up_for_retry", "up_for_reschedule", "restarting")


TASKS_PATH = "/dags/~/dagRuns/~/taskInstances/list"
PATH_LIMIT = 64
"""Characters of InvokeRestApi's Path; source: the service's model."""


class AirflowDag:
    """`jobs` maps a step to the name of its Glue job, so that a failed job's own error line can be read."""

    lane = "airflow"

    def __init__(
        self,
        *,
        mwaa: MWAAClient,
        glue: GlueClient,
        environment: str,
        jobs: dict[str, str],
        pipeline: Pipeline = PIPELINE,
    ) -> None:
        self._mwaa = mwaa
        self._glue = glue
        self._environment = environment
        self._jobs = jobs
        self._pipeline = pipeline

    def start(self) -> str:
        # Short, since the run's path must fit into PATH_LIMIT.
        body = {"dag_run_id": f"lab-{uuid.uuid4().hex[:20]}", "logical_date": None, "conf": {}}
        return self._call("POST", f"/dags/{self._pipeline.name}/dagRuns", Body=body)["dag_run_id"]

    def poll(self, run_id: str) -> RunState:
        run = self._call("GET", self._run(run_id))
        asked = {"dag_ids": [self._pipeline.name], "dag_run_ids": [run_id], "page_limit": 100}
        instances = self._call("POST", TASKS_PATH, Body=asked)["task_instances"]
        steps = self._steps({instance["task_id"]: instance for instance in instances})
        state = RunState(
            status={"success": Status.SUCCEEDED, "failed": Status.FAILED}.get(run["state"], Status.RUNNING),
            steps=steps,
            started_at=_time(run.get("start_date")),
            ended_at=_time(run.get("end_date")),
            error=self._error(run_id, steps) if run["state"] == "failed" else None,
        )
        return judged(state, required=tuple(step.name for step in self._pipeline.steps))

    def unhealthy(self) -> str | None:
        health = self._call("GET", "/monitor/health")
        states = {name: (health.get(name) or {}).get("status") for name in COMPONENTS}
        # No state at all means that the environment has no such component.
        unwell = [f"{name} is {state}" for name, state in states.items() if state not in (None, "healthy")]
        return f"Airflow's {', '.join(unwell)}" if unwell else None

    def stop(self, run_id: str) -> None:
        """Marks the run failed; a deferred task does not stop its job run, so that is done here."""
        state = self.poll(run_id)
        if state.ended:
            return
        self._call("PATCH", self._run(run_id), Body={"state": "failed"})
        for step in state.steps:
            job_run = self._job_run(run_id, step.name) if step.status == Status.RUNNING else None
            if job_run:
                self._glue.batch_stop_job_run(JobName=self._jobs[step.name], JobRunIds=[job_run])

    def _run(self, run_id: str) -> str:
        return f"/dags/{self._pipeline.name}/dagRuns/{run_id}"

    def _call(self, method: RestApiMethodType, path: str, **more: Any) -> Any:
        answer = self._mwaa.invoke_rest_api(Name=self._environment, Method=method, Path=path, **more)
        return answer["RestApiResponse"]

    def _steps(self, instances: dict[str, dict[str, Any]]) -> tuple[StepRun, ...]:
        return tuple(_step(step.name, instances.get(step.name, {})) for step in self._pipeline.steps)

    def _error(self, run_id: str, steps: tuple[StepRun, ...]) -> str:
        failed = next((step for step in steps if step.status in BAD), None)
        if failed is None:
            return "the DAG run failed and no step did; see its log in Airflow"
        job_run = self._job_run(run_id, failed.name)
        if job_run is None:
            return f"step {failed.name} failed: see the log of its task in Airflow"
        found = self._glue.get_job_run(JobName=self._jobs[failed.name], RunId=job_run)["JobRun"]
        if found["JobRunState"] == "SUCCEEDED":
            lost = f"AttemptLost: its job run {job_run} succeeded; see the log of its task in Airflow"
            return f"step {failed.name} failed: {lost}"
        reason = run_error(found) or found["JobRunState"]
        return f"step {failed.name} failed: {reason}"

    def _job_run(self, run_id: str, step: str) -> str | None:
        """The latest Glue run that the task started, by the run id it was given; None if it started none.

        The operator leaves it in XCom too, whose path is longer than InvokeRestApi takes.
        """
        if self._pipeline.step(step).kind is not Kind.JOB:
            return None
        latest = self._glue.get_job_runs(JobName=self._jobs[step], MaxResults=200)["JobRuns"]
        mine = (run["Id"] for run in latest if run.get("Arguments", {}).get("--run_id") == run_id)
        return next(mine, None)


def _step(name: str, instance: dict[str, Any]) -> StepRun:
    word = instance.get("state")
    status = Status.RUNNING if word in ACTIVE else STEP_STATUS.get(word or "", Status.WAITING)
    return StepRun(
        name=name,
        status=status,
        attempt=instance.get("try_number") or 0,
        started_at=_time(instance.get("start_date")) if status != Status.WAITING else None,
        ended_at=_time(instance.get("end_date")) if status not in (Status.WAITING, Status.RUNNING) else None,
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
