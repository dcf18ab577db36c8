"""A job ends by returning or under the name of its failure, and never by SystemExit, which Glue calls FAILED."""

import traceback

import pytest
from botocore.exceptions import ClientError

from lake.job_end import end_by_name
from pipeline.errors import RowsNotConserved


def failing(error: BaseException):
    def main(argv: list[str]) -> None:
        assert argv == ["job"]
        raise error

    return main


def last_line(error: BaseException) -> str:
    try:
        end_by_name(failing(error), ["job"])
    except Exception as failure:
        return traceback.format_exception(failure)[-1].rstrip("\n")
    raise AssertionError("it ended well")


DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetTable")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (RowsNotConserved("2 rows in,\n1 out"), "RowsNotConserved: 2 rows in, 1 out"),
        (DENIED, "AccessDeniedException: GetTable was refused: no"),
        (ValueError("odd"), "ValueError: odd"),
    ],
)
def test_the_tracebacks_last_line_is_the_failures_name(error: Exception, line: str) -> None:
    assert last_line(error) == line


@pytest.mark.parametrize("code", [0, 1, None, "RowsNotConserved: 1"])
def test_an_exit_in_the_middle_of_a_job_is_a_named_failure(code: object) -> None:
    said = last_line(SystemExit(code))
    assert said.startswith(f"JobExited: the job ended by SystemExit {code!r}")


def test_a_failures_text_is_bounded() -> None:
    assert len(last_line(RowsNotConserved("x" * 10_000))) <= 1_002


def test_what_nobody_foresaw_keeps_its_class_and_place() -> None:
    with pytest.raises(ValueError, match="odd") as end:
        end_by_name(failing(ValueError("odd")), ["job"])
    assert "main" in [frame.name for frame in traceback.extract_tb(end.value.__traceback__)]


def test_a_job_that_succeeds_returns() -> None:
    seen: list[list[str]] = []
    end_by_name(seen.append, ["job", "--lane", "glue"])
    assert seen == [["job", "--lane", "glue"]]
