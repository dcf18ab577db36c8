"""A repeated attempt has its reason in the record and in the report; where nothing was repeated nobody is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from lab.measure.job_runs import JobRuns
from lab.measure.repeats import Repeat, repeats_of
from lab.orchestrators.run_state import StepRun
from lab.report import notes
from tests.unit.lab.recorded_runs import RUN, recorded

BEGAN = datetime(2026, 11, 28, tzinfo=UTC)
JOBS = {"convert": "nf1-dev-convert", "crawl_raw": "nf1-dev-crawl_raw"}


class FakeGlue:
    """Two runs of this run, newest first as Glue lists them, and one of another."""

    def get_job_runs(self, *, JobName: str) -> dict[str, Any]:
        assert JobName == "nf1-dev-convert"
        failed = "Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 7; InjectedFault: told to"
        return {
            "JobRuns": [
                {"Id": "jr_2", "StartedOn": BEGAN + timedelta(60), "Arguments": {"--run_id": "r"}, "JobRunState": "X"},
                {"Id": "jr_9", "StartedOn": BEGAN, "Arguments": {"--run_id": "other"}, "JobRunState": "FAILED"},
                {
                    "Id": "jr_1",
                    "StartedOn": BEGAN,
                    "Arguments": {"--run_id": "r"},
                    "JobRunState": "FAILED",
                    "ErrorMessage": failed,
                },
            ]
        }


def test_the_earlier_attempt_says_why_in_plain_words() -> None:
    steps = (StepRun(name="crawl_raw", attempt=2), StepRun(name="convert", attempt=2))
    found = list(repeats_of("r", steps, JobRuns(glue=FakeGlue(), jobs=JOBS)))
    assert found == [Repeat(step="convert", job_run="jr_1", why="InjectedFault: told to")]


def test_without_a_repeat_glue_is_not_asked() -> None:
    assert list(repeats_of("r", (StepRun(name="convert", attempt=1),), JobRuns(glue=None, jobs=JOBS))) == []
    assert list(repeats_of(None, (StepRun(name="convert", attempt=2),), JobRuns(glue=None, jobs=JOBS))) == []


def test_the_report_names_it() -> None:
    repeats = [{"step": "convert", "job_run": "jr_1", "why": "InjectedFault: told to"}]
    told = list(notes(recorded({**RUN, "repeats": repeats})))
    assert "glue: convert was tried again after job run jr_1: InjectedFault: told to" in told
