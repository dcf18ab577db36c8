"""What Glue puts before a failure's name is taken away; the name and the text stay."""

import json

import pytest

from pipeline.glue_message import error_line, failure_name, readable_cause

# As public projects recorded them from their own job runs, and as a traceback's last line adds to it.
RECORDED = [
    ("Error Category: SYSTEM_EXIT_ERROR; SystemExit: 0", "SystemExit: 0"),
    ("Error Category: INVALID_ARGUMENT_ERROR; Failed Line Number: 59; KeyError: 'Tags'", "KeyError: 'Tags'"),
    ("QUERY_ERROR; Failed Line Number: 84; AnalysisException: [X.Y] no; really", "AnalysisException: [X.Y] no; really"),
    (
        "Error Category: UNCLASSIFIED_ERROR; An error occurred while calling o1845.jdbc. Closed.",
        "An error occurred while calling o1845.jdbc. Closed.",
    ),
    ("Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 107; PythonException:", "PythonException:"),
    ("Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 42; pipeline.errors.LoadFailed: no", "LoadFailed: no"),
    ("pipeline.errors.LoadFailed: LoadFailed: no; again", "LoadFailed: no; again"),
]


@pytest.mark.parametrize(("message", "line"), RECORDED)
def test_a_recorded_message_is_told_from_the_failures_name_on(message: str, line: str) -> None:
    assert error_line(message) == line


@pytest.mark.parametrize(
    "line",
    ["LoadFailed: ERROR: x; 2 of 3", "Job run has timed out", "see a.B: there", "TIMEOUT", "JobFailed: x.Y: z", ""],
)
def test_a_line_without_glues_words_stays_as_it_is(line: str) -> None:
    assert error_line(line) == line


def test_the_name_is_what_stands_before_the_first_colon() -> None:
    assert failure_name("RowsNotConserved: 2 in, 1 out") == "RowsNotConserved"
    assert failure_name("an odd end: really") is None


def test_a_state_machines_cause_is_told_by_the_runs_error_line() -> None:
    run = json.dumps(
        {"Id": "jr", "ErrorMessage": "Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 9; a.Boom: no"}
    )
    assert readable_cause(f"convert: States.TaskFailed {run}") == "convert: States.TaskFailed Boom: no"
    assert readable_cause("plain {text") == "plain {text"
    assert readable_cause("plain [1]") == "plain [1]"
