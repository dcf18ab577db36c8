"""Finds the runs of a DAG that have ended, through Airflow's REST API.

MWAA's InvokeRestApi takes paths of at most 64 characters, so a run's id stands in bodies and queries, never in a path.
https://docs.aws.amazon.com/mwaa/latest/API/API_InvokeRestApi.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lambdas.publish_outcome.ended import Ended
from pipeline.outcome import FAILED, SUCCEEDED, Outcome
from pipeline.steps import PIPELINE, Pipeline

if TYPE_CHECKING:
    from types_boto3_mwaa import MWAAClient
    from types_boto3_mwaa.literals import RestApiMethodType

PAGE = 100
TASKS_PATH = "/dags/~/dagRuns/~/taskInstances/list"


class DagRuns:
    """The client is an argument, so that a test passes its own."""

    def __init__(
        self, *, mwaa: MWAAClient, environment: str, dag: str, lane: str, pipeline: Pipeline = PIPELINE
    ) -> None:
        self._mwaa, self._environment, self._dag, self._lane = mwaa, environment, dag, lane
        self._pipeline = pipeline

    def since(self, moment: datetime) -> Iterator[Ended]:
        """Runs that ended later. A cleared run runs again, and begins anew."""
        offset = 0
        while True:
            page = self._call(
                "GET",
                f"/dags/{self._dag}/dagRuns",
                QueryParameters={
                    "state": ["success", "failed"],
                    "end_date_gte": moment.isoformat().replace("+00:00", "Z"),  # a plus would have to be escaped
                    "order_by": "id",
                    "limit": PAGE,
                    "offset": offset,
                },
            )
            for run in page["dag_runs"]:
                yield self._ended(run)
            offset += PAGE
            if offset >= page["total_entries"]:
                return

    def _ended(self, run: Mapping[str, Any]) -> Ended:
        outcome = self._outcome(run)
        return Ended(
            lane=self._lane,
            run_id=outcome.run_id,
            start=start_of(run["start_date"]),
            status=outcome.status,
            read=lambda: outcome,
        )

    def _outcome(self, run: Mapping[str, Any]) -> Outcome:
        """A run whose work is done succeeded, even if Airflow calls it failed because its message could not be sent."""
        known: dict[str, Any] = {"pipeline": self._pipeline.name, "lane": self._lane, "run_id": run["dag_run_id"]}
        if run["state"] == "success":
            return Outcome(**known, status=SUCCEEDED)
        tasks = self._tasks(run["dag_run_id"])
        working = [step.name for step in self._pipeline.working]
        states = {name: (tasks.get(name) or {}).get("state") for name in working}
        if set(states.values()) == {"success"}:
            return Outcome(**known, status=SUCCEEDED)
        bad = [name for name in working if states[name] == "failed"]
        step = next(iter([*bad, *(name for name in working if states[name] != "success")]))
        return Outcome(
            **known,
            status=FAILED,
            failed_step=step,
            error=f"step {step} is {states[step] or 'not started'} and the run ended without a message of its own; "
            "Airflow's log of the task says why",
        )

    def _tasks(self, run_id: str) -> dict[str, dict[str, Any]]:
        body = {"dag_ids": [self._dag], "dag_run_ids": [run_id], "page_limit": PAGE}
        return {task["task_id"]: task for task in self._call("POST", TASKS_PATH, Body=body)["task_instances"]}

    def _call(self, method: RestApiMethodType, path: str, **arguments: Any) -> dict[str, Any]:
        answer = self._mwaa.invoke_rest_api(Name=self._environment, Method=method, Path=path, **arguments)
        return answer["RestApiResponse"]


def start_of(moment: str | None) -> str:
    """One spelling of a moment that Airflow spells in two ways, within a run and in its REST API."""
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(UTC).isoformat() if moment else ""
