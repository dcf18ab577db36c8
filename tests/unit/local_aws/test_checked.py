"""CHECKED.md and README.md say what code and requirements say; a row names tests that exist."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from local_aws.checked import RequirementRefused, areas, checked_page, main, readme
from tests.checkout import ROOT

ROW = """title = "Something"

[[requirement]]
id = "one"
sentence = "it is so"
checked = ["documentation"]
against = "documentation"
differs = ""
source = ""
date = 2026-11-28
tests = []
"""


def test_the_pages_are_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_a_stale_page_is_named_and_written_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "CHECKED.md").write_text(checked_page() + "| by hand | | | |\n")
    (tmp_path / "README.md").write_text(readme().replace("BatchStopJobRun, ", ""))
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{name} is stale; run `python -m local_aws.checked`" for name in ("CHECKED.md", "README.md")
    ]
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    assert "by hand" not in (tmp_path / "CHECKED.md").read_text()


def test_every_test_that_a_row_names_exists() -> None:
    named = {test for area in areas() for one in area.requirements for test in one.tests}
    assert len(named) > 60
    known: set[str] = set()
    for file in {test.partition("::")[0] for test in named}:
        path = ROOT / file
        functions = ast.parse(path.read_text()).body if path.is_file() else []
        known |= {f"{file}::{one.name}" for one in functions if isinstance(one, ast.FunctionDef)}
    assert named - known == set()


def test_what_is_assumed_is_marked_as_assumed() -> None:
    rows = [one for area in areas() for one in area.requirements if "assumption" in one.against.lower()]
    assert len(rows) > 10
    assert [one.id for one in rows if "assumption" not in one.checked] == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (ROW + ROW.partition("\n\n")[2], "there twice"),
        (ROW.replace("documentation", "hearsay"), "hearsay"),
        (ROW.replace("differs", "difference"), "difference"),
        (ROW.replace("date = 2026-11-28\n", ""), "date"),
    ],
)
def test_a_row_of_no_known_form_is_refused_with_its_place(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "01-rows.toml").write_text(text)
    with pytest.raises(RequirementRefused, match=reason) as refused:
        areas(tmp_path)
    assert "01-rows.toml" in str(refused.value)
