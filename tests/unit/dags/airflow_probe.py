"""Runs inside Airflow's own virtual environment: loads the DAG and prints what the tests ask about it.

Flows in: the path of the DAG file. Flows out: one JSON object on the last line of stdout. Every
socket is refused, so a call made while parsing shows as an error.
"""

from __future__ import annotations

import json
import runpy
import socket
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any


class NetworkUsed(Exception):
    """Parsing a DAG must not talk to anybody."""


def refuse(*_: Any, **__: Any) -> None:
    raise NetworkUsed


socket.socket.connect = refuse  # type: ignore[method-assign]

BEGAN = datetime(2026, 11, 20, 12, 0, 0, 700_000, tzinfo=UTC)


class FakeGlue:
    """Stands in for the operators' hook."""

    def __init__(self, *, last_crawl: dict[str, Any] | None = None, code: str | None = None) -> None:
        self.last_crawl = last_crawl
        self.code = code

    def get_crawler(self, name: str) -> dict[str, Any]:
        return {"Name": name, "State": "READY", **({"LastCrawl": self.last_crawl} if self.last_crawl else {})}

    def has_crawler(self, _name: str) -> bool:
        from botocore.exceptions import ClientError

        if self.code is not None:
            raise ClientError({"Error": {"Code": self.code, "Message": "no"}}, "GetCrawler")
        return True

    def update_crawler(self, **_: Any) -> bool:
        return False

    def start_crawler(self, _name: str) -> None:
        self.started_at = datetime.now(UTC)


class FakeJobs:
    """Glue behind a job's operator: one earlier run of the task, or none; keeps the arguments of those it starts."""

    conn_region_name = "us-east-1"
    conn_partition = "aws"

    def __init__(self, *, state: str | None, first_try: str = "1") -> None:
        arguments = {"--airflow_task_uuid": "csv_to_parquet:convert:run-1:-1", "--airflow_first_try": first_try}
        self.runs = [{"Id": "jr_before", "JobRunState": state, "Arguments": arguments}] if state else []
        self.started: list[dict[str, str]] = []
        self.conn = self

    def get_job_runs(self, **_: Any) -> dict[str, Any]:
        return {"JobRuns": self.runs}

    def get_job_run(self, **_: Any) -> dict[str, Any]:
        return {"JobRun": self.runs[0]}

    def initialize_job(self, arguments: dict[str, str], _more: Any) -> dict[str, str]:
        self.started.append(arguments)
        return {"JobRunId": "jr_new"}


class FakeInstance:
    """The part of a task instance that the DAG reads."""

    dag_id = "csv_to_parquet"
    task_id = "notify_failure"

    def __init__(self, states: dict[str, str], *, try_number: int = 1, max_tries: int = 2) -> None:
        self.states = states
        self.run_id = "run-1"
        self.map_index = -1
        self.try_number = try_number
        self.max_tries = max_tries
        self.pushed: dict[str, Any] = {}
        self.started: str | None = None

    def xcom_push(self, *, key: str, value: Any) -> None:
        self.pushed[key] = value

    def get_task_states(self, **_: Any) -> dict[str, dict[str, str]]:
        return {"run-1": self.states}

    def xcom_pull(self, **_: Any) -> str | None:
        return self.started


def named(call: Any, *arguments: Any) -> list[str]:
    """The exception's class and text, or "ended well" for none."""
    try:
        call(*arguments)
    except Exception as error:
        return [type(error).__name__, str(error)]
    return ["ended well", ""]


def crawl_verdict(crawl: Any, last_crawl: dict[str, Any] | None) -> list[str]:
    crawl.__dict__["hook"] = FakeGlue(last_crawl=last_crawl)
    began = BEGAN.replace(microsecond=0).isoformat()
    return named(crawl.execute_complete, {"ti": FakeInstance({})}, {"status": "success"}, began)


def deferral(crawl: Any) -> dict[str, Any]:
    """What a started crawl leaves with Airflow until it ends."""
    from airflow.sdk.bases.operator import ExecutorSafeguard
    from airflow.sdk.exceptions import TaskDeferred

    glue = FakeGlue()
    crawl.__dict__["hook"] = glue
    ExecutorSafeguard.tracker.set(crawl)
    try:
        crawl.execute({"ti": FakeInstance({})})
    except TaskDeferred as deferred:
        asked_at = datetime.fromisoformat(deferred.kwargs["began"])
        return {"timeout": deferred.timeout.total_seconds(), "began_before_start": asked_at <= glue.started_at}
    return {}


def denied_verdict(crawl: Any, code: str) -> list[str]:
    from airflow.sdk.bases.operator import ExecutorSafeguard

    crawl.__dict__["hook"] = FakeGlue(code=code)
    ExecutorSafeguard.tracker.set(crawl)
    return named(crawl.execute, {"ti": FakeInstance({})})


def attempt(job: Any, try_number: int, *, max_tries: int = 2, **glue: Any) -> dict[str, Any]:
    """What an attempt of `convert` does: its answer, the runs it started, the run it is known by."""
    from airflow.sdk.bases.operator import ExecutorSafeguard
    from airflow.sdk.exceptions import TaskDeferred

    job._job_run_id = None
    jobs, instance = FakeJobs(**glue), FakeInstance({}, try_number=try_number, max_tries=max_tries)
    instance.task_id = "convert"
    job.__dict__["hook"] = jobs
    ExecutorSafeguard.tracker.set(job)
    try:
        answer = job.execute({"ti": instance})
    except TaskDeferred as deferred:
        answer = f"waits for {deferred.trigger.serialize()[1]['run_id']}"
    known_by = instance.pushed.get("glue_job_run_id")
    return {"answer": answer, "known_by": known_by, "started": [one["--airflow_first_try"] for one in jobs.started]}


def failure_notice(
    loaded: Any, job: Any, step: str, *, state: str = "FAILED", started: str | None = "jr_before"
) -> Any:
    """What `notify_failure` says of `step`, whose job run, if any, is the one that Glue knows."""
    jobs = FakeJobs(state=state)
    jobs.runs[0] |= {"ErrorMessage": "Boom: no", "LogGroupName": "/aws-glue/jobs"}
    job.__dict__["hook"] = jobs
    instance = FakeInstance({step: "failed"})
    instance.started, instance.task = started, job
    return json.loads(loaded["notice"](loaded["failure"](instance, "run-1"), SimpleNamespace(start_date=BEGAN)))[
        "notify"
    ]


def main(path: str) -> None:
    loaded = runpy.run_path(path)
    dag = loaded["dag"]
    crawl, job = dag.get_task("crawl_raw"), dag.get_task("convert")
    fresh, stale = BEGAN, BEGAN - timedelta(seconds=2)
    timed_out = {"error": "Trigger timeout"}
    facts = {
        "edges": sorted([task.task_id, down] for task in dag.tasks for down in task.downstream_task_ids),
        "rules": {task.task_id: str(task.trigger_rule.value) for task in dag.tasks},
        "leaves": sorted(task.task_id for task in dag.leaves),
        "deferrable": sorted(task.task_id for task in dag.tasks if getattr(task, "deferrable", False)),
        "bounds": {t.task_id: t.deferral_seconds for t in dag.tasks if hasattr(t, "deferral_seconds")},
        "retries": {task.task_id: task.retries for task in dag.tasks},
        "polls": {t.task_id: getattr(t, "waiter_delay", None) or getattr(t, "poll_interval", None) for t in dag.tasks},
        "resumes": sorted(t.task_id for t in dag.tasks if getattr(t, "resume_glue_job_on_retry", False)),
        "crawlers": {t.task_id: t.config for t in dag.tasks if hasattr(t, "config")},
        "jobs": {t.task_id: [t.job_name, t.script_args] for t in dag.tasks if hasattr(t, "job_name")},
        "dag": [dag.dag_id, dag.max_active_runs, dag.catchup, dag.is_paused_upon_creation],
        "failure": vars(loaded["failure"](FakeInstance({"crawl_raw": "success", "verify": "failed"}), "run-1")),
        "failed_job_notice": failure_notice(loaded, job, "convert"),
        "lost_job_notice": failure_notice(loaded, job, "convert", state="SUCCEEDED"),
        "failed_crawl_notice": failure_notice(loaded, job, "crawl_raw", started=None),
        "notice": json.loads(loaded["notice"](loaded["succeeded"]("run-1"), SimpleNamespace(start_date=BEGAN))),
        "publishers": {t.task_id: [t.function_name, t.payload] for t in dag.tasks if hasattr(t, "payload")},
        "fresh_crawl": crawl_verdict(crawl, {"Status": "SUCCEEDED", "StartTime": fresh.replace(microsecond=0)}),
        "stale_crawl": crawl_verdict(crawl, {"Status": "SUCCEEDED", "StartTime": stale}),
        "no_crawl": crawl_verdict(crawl, None),
        "failed_crawl": crawl_verdict(crawl, {"Status": "FAILED", "StartTime": fresh}),
        "failed_job": named(job.execute_complete, {}, {"status": "error", "message": "FAILED - Boom: no"}),
        "too_much": named(job.execute_complete, {}, {"status": "error", "message": "FAILED - TooMuchRejected: a file"}),
        "no_event": named(job.execute_complete, {}, None),
        "job_out_of_time": named(job.resume_execution, "__fail__", timed_out, {}),
        "crawl_out_of_time": named(crawl.resume_execution, "__fail__", timed_out, {}),
        "deferral": deferral(crawl),
        "denied": denied_verdict(crawl, "AccessDeniedException"),
        "first_attempt": attempt(job, 1, state=None),
        "lost_attempt": attempt(job, 2, state="SUCCEEDED"),
        "left_running": attempt(job, 2, state="RUNNING"),
        "failed_before": attempt(job, 2, state="FAILED"),
        "cleared": attempt(job, 2, max_tries=3, state="SUCCEEDED"),
        "lost_after_clearing": attempt(job, 3, max_tries=3, state="SUCCEEDED", first_try="2"),
        "failed_after_clearing": attempt(job, 3, max_tries=3, state="SUCCEEDED", first_try="1"),
        "throttled": denied_verdict(crawl, "ThrottlingException"),
    }
    print(json.dumps(facts))  # noqa: T201 the answer to the test that started this process


if __name__ == "__main__":
    main(sys.argv[1])
