"""A job's last line is the name of its failure, whatever failed."""

import pytest
from botocore.exceptions import ClientError

from glue_scripts.job_end import end_by_name
from pipeline.errors import RowsNotConserved


def failing(error: Exception):
    def main(argv: list[str]) -> None:
        assert argv == ["job"]
        raise error

    return main


DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetTable")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (RowsNotConserved("2 rows in,\n1 out"), "RowsNotConserved: 2 rows in, 1 out"),
        (DENIED, "AccessDeniedException: GetTable was refused: no"),
        (ValueError("odd"), "ValueError: odd"),
    ],
)
def test_the_last_line_is_the_failures_name(error: Exception, line: str) -> None:
    with pytest.raises(SystemExit) as end:
        end_by_name(failing(error), ["job"])
    assert end.value.code == line


def test_only_the_unforeseen_comes_with_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    for error in (DENIED, ValueError("odd")):
        with pytest.raises(SystemExit):
            end_by_name(failing(error), ["job"])
    assert capsys.readouterr().err.count("Traceback") == 1


def test_a_job_that_succeeds_ends_quietly() -> None:
    seen: list[list[str]] = []
    end_by_name(seen.append, ["job", "--lane", "glue"])
    assert seen == [["job", "--lane", "glue"]]
