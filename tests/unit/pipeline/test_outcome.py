"""The one message: its title says what happened, and fits SNS."""

import json

from pipeline.outcome import FAILED, SUCCEEDED, Outcome


def test_a_success_is_titled_succeeded() -> None:
    outcome = Outcome(pipeline="csv_to_parquet", lane="glue", run_id="r1", status=SUCCEEDED)
    assert outcome.subject == "SUCCEEDED: csv_to_parquet on glue"
    assert json.loads(outcome.body) == {
        "status": "succeeded",
        "pipeline": "csv_to_parquet",
        "lane": "glue",
        "run_id": "r1",
    }


def test_a_failure_names_its_step_and_never_says_succeeded() -> None:
    outcome = Outcome(
        pipeline="p",
        lane="airflow",
        run_id="r",
        status=FAILED,
        failed_step="convert",
        error="JobFailed: exit 1",
    )
    assert outcome.subject == "FAILED: p on airflow at convert"
    assert "succeeded" not in (outcome.subject + outcome.body).lower()
    assert json.loads(outcome.body)["failed_step"] == "convert"


def test_a_subject_never_exceeds_what_sns_takes() -> None:
    outcome = Outcome(pipeline="p" * 200, lane="glue", run_id="r", status=FAILED, failed_step="convert")
    assert len(outcome.subject) == 100
