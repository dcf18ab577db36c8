"""An event starts one DAG run, and a storm of events no more than the one that waits."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.start_dag.handler import Starter, StartSettings

EVENT = {"id": "11111111-2222", "detail": {"object": {"key": "landing/flights/a.csv"}}}


class FakeAirflow:
    """MWAA's REST calls in memory; `begins` moves the queued run on."""

    def __init__(self, *, broken: bool = False) -> None:
        self.queued: list[str] = []
        self.running: list[str] = []
        self.broken = broken

    def begin(self) -> None:
        self.running.append(self.queued.pop())

    def invoke_rest_api(self, *, Name: str, Method: str, Path: str, **arguments: Any) -> dict[str, Any]:
        assert (Name, Path) == ("nf1-dev-airflow", "/dags/csv_to_parquet/dagRuns")
        if self.broken:
            raise self.error(500)
        if Method == "GET":
            assert arguments["QueryParameters"]["state"] == ["queued"]
            return {"RestApiStatusCode": 200, "RestApiResponse": {"total_entries": len(self.queued)}}
        run = arguments["Body"]["dag_run_id"]
        assert arguments["Body"]["logical_date"] is None
        if run in self.queued + self.running:
            raise self.error(409)
        self.queued.append(run)
        return {"RestApiStatusCode": 200, "RestApiResponse": {"dag_run_id": run}}

    @staticmethod
    def error(status: int) -> ClientError:
        answer: Any = {"Error": {"Code": "RestApiClientException", "Message": "no"}, "RestApiStatusCode": status}
        return ClientError(answer, "InvokeRestApi")


def starter(airflow: FakeAirflow) -> Starter:
    return Starter(settings=StartSettings(environment="nf1-dev-airflow", dag="csv_to_parquet"), mwaa=airflow)


def test_an_event_starts_a_run_named_after_it() -> None:
    airflow = FakeAirflow()
    assert starter(airflow).start(EVENT) is True
    assert airflow.queued == ["event__11111111-2222"]


def test_a_storm_is_one_run_that_runs_and_one_that_waits() -> None:
    airflow = FakeAirflow()
    started = [starter(airflow).start({"id": f"event-{number}"}) for number in range(100)]
    assert sum(started) == 1
    airflow.begin()
    started = [starter(airflow).start({"id": f"late-{number}"}) for number in range(100)]
    assert sum(started) == 1
    assert len(airflow.running + airflow.queued) == 2


def test_the_same_event_twice_is_one_run() -> None:
    airflow = FakeAirflow()
    starter(airflow).start(EVENT)
    airflow.begin()
    assert starter(airflow).start(EVENT) is False
    assert len(airflow.running + airflow.queued) == 1


def test_an_airflow_that_is_down_is_an_error_so_that_lambda_tries_again() -> None:
    with pytest.raises(ClientError):
        starter(FakeAirflow(broken=True)).start(EVENT)
