"""The DAG as Airflow itself loads it: edges, bounds, names of failures. Runs Airflow's own interpreter."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lambdas.publish_outcome.dag_runs import start_of
from lambdas.publish_outcome.requests import Notice
from pipeline.job_log import JobLog
from pipeline.steps import PIPELINE, Kind
from tests.checkout import AIRFLOW, ROOT, python_of

SETTINGS = {
    "AIRFLOW__PIPELINE__SLUG": "nf1-dev",
    "AIRFLOW__PIPELINE__PUBLISHER": "nf1-dev-publish_outcome-airflow",
    "AIRFLOW__PIPELINE__POLL_SECONDS": "7",
}


def probe(home: Path, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What Airflow's interpreter says of the DAG; fails, and does not skip, where it is not installed."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        **settings,
    }
    return subprocess.run(
        [str(python_of(AIRFLOW)), str(ROOT / "tests/unit/dags/airflow_probe.py"), str(ROOT / "dags/csv_to_parquet.py")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = probe(tmp_path_factory.mktemp("airflow"), SETTINGS)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


WORK = [step for step in PIPELINE.steps if step.kind is not Kind.NOTIFY]


def test_dag_has_exactly_the_pipelines_edges(facts: dict[str, Any]) -> None:
    between_steps = {(a, b) for a, b in facts["edges"] if b != "notify_failure"}
    assert between_steps == set(PIPELINE.edges)


def test_failure_is_notified_for_every_step_and_leaves_the_run_failed(facts: dict[str, Any]) -> None:
    assert {a for a, b in facts["edges"] if b == "notify_failure"} == {step.name for step in WORK}
    assert facts["rules"]["notify_failure"] == "one_failed"
    assert facts["rules"]["notify"] == "all_success"
    assert facts["leaves"] == ["notify", "notify_failure"], "notify is upstream_failed: the run ends FAILED"


def test_every_step_defers_with_a_bound_and_an_explicit_poll(facts: dict[str, Any]) -> None:
    assert facts["deferrable"] == sorted(step.name for step in WORK)
    assert facts["bounds"] == {step.name: step.timeout_seconds + 60 for step in WORK}
    assert {facts["polls"][step.name] for step in WORK} == {7}


def test_started_crawl_is_bounded_and_remembers_when_it_began(facts: dict[str, Any]) -> None:
    bound = PIPELINE.step("crawl_raw").timeout_seconds + 60
    assert facts["deferral"] == {"timeout": bound, "began_before_start": True}


def test_retries_are_airflows_and_take_up_a_running_job(facts: dict[str, Any]) -> None:
    assert all(facts["retries"][step.name] == step.retry.attempts for step in PIPELINE.steps)
    assert facts["resumes"] == sorted(step.name for step in WORK if step.kind is Kind.JOB)


def test_crawlers_get_only_a_name_and_jobs_only_lane_and_run(facts: dict[str, Any]) -> None:
    assert facts["crawlers"] == {
        "crawl_raw": {"Name": "nf1-dev-crawl_raw"},
        "crawl_curated": {"Name": "nf1-dev-crawl_curated-airflow"},
    }
    assert facts["jobs"]["load_warehouse"] == [
        "nf1-dev-load_warehouse",
        {"--lane": "airflow", "--run_id": "{{ run_id }}"},
    ]


def test_one_run_at_a_time_and_no_schedule(facts: dict[str, Any]) -> None:
    assert facts["dag"] == ["csv_to_parquet", 1, False, False]


def test_failure_message_names_the_failed_step(facts: dict[str, Any]) -> None:
    assert facts["failure"]["failed_step"] == "verify"
    assert facts["failure"]["status"] == "failed"


def test_failure_message_names_the_log_of_the_job_run_that_failed(facts: dict[str, Any]) -> None:
    said = facts["failed_job_notice"]
    assert (said["failed_step"], said["error"]) == ("convert", "Boom: no")
    assert said["log"] == {"job_run": "jr_before", "groups": ["/aws-glue/jobs/output", "/aws-glue/jobs/error"]}
    notice = Notice.of({"notify": said})
    assert notice
    assert notice.log == JobLog(job_run="jr_before", groups=("/aws-glue/jobs/output", "/aws-glue/jobs/error"))


def test_failure_of_a_crawl_or_of_airflow_itself_names_no_log(facts: dict[str, Any]) -> None:
    assert facts["failed_crawl_notice"]["failed_step"] == "crawl_raw"
    assert facts["failed_crawl_notice"]["log"] is None
    assert facts["lost_job_notice"]["error"].startswith("AttemptLost")
    assert facts["lost_job_notice"]["log"] is None, "the job run succeeded: its log does not say why"


def test_crawl_of_this_attempt_that_succeeded_counts(facts: dict[str, Any]) -> None:
    assert facts["fresh_crawl"] == ["ended well", ""]


@pytest.mark.parametrize("crawl", ["stale_crawl", "no_crawl", "failed_crawl"])
def test_ready_crawler_alone_is_not_success(facts: dict[str, Any], crawl: str) -> None:
    assert facts[crawl][0] == "CrawlFailed"


@pytest.mark.parametrize("event", ["failed_job", "no_event"])
def test_job_without_success_is_job_failed(facts: dict[str, Any], event: str) -> None:
    assert facts[event][0] == "JobFailed"


def test_job_failure_carries_the_jobs_error_line(facts: dict[str, Any]) -> None:
    assert "Boom: no" in facts["failed_job"][1]


def test_too_much_rejected_is_not_retried(facts: dict[str, Any]) -> None:
    assert facts["too_much"][0] == "AirflowFailException"
    assert "TooMuchRejected: a file" in facts["too_much"][1]


@pytest.mark.parametrize(
    ("event", "name"), [("job_out_of_time", "JobTimedOut"), ("crawl_out_of_time", "CrawlTimedOut")]
)
def test_running_out_of_time_is_named_and_not_retried(facts: dict[str, Any], event: str, name: str) -> None:
    assert facts[event][0] == "AirflowFailException"
    assert facts[event][1].startswith(name)


def test_denied_is_not_retried_and_throttled_is(facts: dict[str, Any]) -> None:
    assert facts["denied"][0] == "AirflowFailException"
    assert facts["throttled"][0] == "ClientError"


def test_missing_setting_is_named_with_its_remedy(tmp_path: Path) -> None:
    done = probe(tmp_path, {})
    assert done.returncode != 0
    assert "ConfigInvalid" in done.stderr
    assert "AIRFLOW__PIPELINE__PUBLISHER" in done.stderr


NEW = {"answer": "waits for jr_new", "known_by": "jr_new"}


def test_first_attempt_starts_a_job_run(facts: dict[str, Any]) -> None:
    assert facts["first_attempt"] == {**NEW, "started": ["1"]}


def test_attempt_that_airflow_lost_is_repeated_without_a_second_job_run(facts: dict[str, Any]) -> None:
    assert facts["lost_attempt"] == {"answer": "jr_before", "known_by": "jr_before", "started": []}
    assert facts["lost_after_clearing"] == {"answer": "jr_before", "known_by": "jr_before", "started": []}


def test_repeated_attempt_waits_for_the_run_that_was_left(facts: dict[str, Any]) -> None:
    assert facts["left_running"] == {"answer": "waits for jr_before", "known_by": "jr_before", "started": []}


@pytest.mark.parametrize(
    ("attempt", "first_try"), [("failed_before", "1"), ("cleared", "2"), ("failed_after_clearing", "2")]
)
def test_work_that_failed_or_is_asked_for_again_is_done_again(
    facts: dict[str, Any], attempt: str, first_try: str
) -> None:
    assert facts[attempt] == {**NEW, "started": [first_try]}


def test_both_ends_call_the_lanes_publisher_with_the_start_that_the_sweep_sees(facts: dict[str, Any]) -> None:
    assert {task: function for task, (function, _) in facts["publishers"].items()} == dict.fromkeys(
        ("notify", "notify_failure"), SETTINGS["AIRFLOW__PIPELINE__PUBLISHER"]
    )
    assert all("notice(" in payload and "dag_run" in payload for _, payload in facts["publishers"].values())
    said = facts["notice"]["notify"]
    assert said == {
        "run_id": "run-1",
        "start": "2026-11-20T12:00:00.700000+00:00",
        "status": "succeeded",
        "failed_step": None,
        "error": None,
        "log": None,
    }
    assert start_of("2026-11-20T12:00:00.700000Z") == start_of(said["start"]), "Airflow's REST API spells it so"
