"""Tests can be chosen by what they need; what a fast test must not do is noticed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.markers import AIRFLOW, PROCESSES, SPARK, marks_of


@pytest.mark.parametrize(
    ("file", "fixtures", "values", "marks"),
    [
        ("tests/unit/lake/test_job_end.py", [], [], {"fast"}),
        ("tests/unit/tools/test_setup.py", [], [], set()),
        ("tests/unit/lake/convert/test_spark_engine.py", [], [], {"spark"}),
        ("tests/bad_inputs/test_names.py", ["convert"], ["spark"], {"spark"}),
        ("tests/bad_inputs/test_names.py", ["convert"], ["single"], set()),
        ("tests/behaviour/test_pipeline_three_ways.py", ["stage", "lane"], ["glue"], {"spark", "slow"}),
        ("tests/behaviour/test_pipeline_three_ways.py", ["stage", "lane"], ["airflow"], {"spark", "airflow", "slow"}),
        ("tests/faults/test_killed_runs.py", [], [], {"slow"}),
    ],
)
def test_marks_follow_from_place_and_parameters(
    file: str, fixtures: list[str], values: list[str], marks: set[str]
) -> None:
    assert set(marks_of(f"{file}::test_it", fixtures=fixtures, values=values)) == marks


@pytest.mark.parametrize("listed", [*SPARK, *AIRFLOW, *PROCESSES])
def test_what_is_listed_exists(listed: str) -> None:
    file, _, test = listed.partition("::")
    assert (ROOT / file).exists()
    assert f"def {test}" in (ROOT / file).read_text() if test else True


def test_a_fast_test_that_starts_a_process_fails(tmp_path: Path) -> None:
    unit = tmp_path / "tests" / "unit"
    unit.mkdir(parents=True)
    for name in ("conftest.py", "checkout.py", "markers.py", "time_limits.py"):
        (tmp_path / "tests" / name).write_text((ROOT / "tests" / name).read_text())
    (unit / "test_it.py").write_text(
        "import subprocess\n\n"
        "def test_starts():\n    subprocess.run(['true'], check=True)\n\n"
        "def test_starts_none():\n    pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert "test_starts is marked fast and starts processes (subprocess.Popen true)" in done.stdout
    assert "1 failed, 1 passed" in done.stdout
