"""Runs are kept, each comparison in a file of its own, and found by a run's id."""

from __future__ import annotations

import json
from argparse import Namespace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from lab import report, runs
from lab.clock import WALL
from lab.console import Console
from lab.local_home import LocalHome
from lab.past_runs import find_run, keep_runs, past_runs
from lab.records import Comparison
from pipeline.errors import ConfigInvalid
from tests.unit.lab.recorded_runs import RUN, RUNS, recorded


def comparison(run_id: str | None, second: int, **more: Any) -> Comparison:
    return recorded({**RUN, "run_id": run_id, **more}, started_at=f"2026-11-20T12:00:{second:02}.000+00:00")


@pytest.fixture
def home(tmp_path: Path) -> LocalHome:
    place = LocalHome(root=tmp_path)
    keep_runs(comparison("wr_a1", 1), place.past_runs)
    keep_runs(comparison("wr_a2", 2, status="failed", error="Boom: \x1b[31m"), place.past_runs)
    keep_runs(comparison(None, 2, orchestrator="airflow"), place.past_runs)
    return place


def test_a_later_comparison_never_replaces_an_earlier_one(home: LocalHome) -> None:
    assert len(list(past_runs(home.past_runs))) == 3, "two of them began in the same second"


def test_a_run_is_found_by_a_unique_beginning(home: LocalHome) -> None:
    comparison_of_it, run = find_run("wr_a1", home.past_runs)
    assert (run.run_id, comparison_of_it.runs) == ("wr_a1", (run,))
    keep_runs(comparison("wr_a11", 5), home.past_runs)
    assert find_run("wr_a1", home.past_runs)[1].run_id == "wr_a1", "the whole id wins"
    with pytest.raises(ConfigInvalid, match="3 runs begin with 'wr'"):
        find_run("wr", home.past_runs)
    with pytest.raises(ConfigInvalid, match="no run 'x' was kept"):
        find_run("x", home.past_runs)


def test_the_list_is_latest_first_and_harmless(home: LocalHome) -> None:
    talk = Console(out=StringIO(), err=StringIO(), machine=StringIO())
    assert runs.command(Namespace(json=Path("-")), talk, home, WALL) == 0
    lines = talk.out.getvalue().splitlines()  # type: ignore[attr-defined]
    assert [line.split()[0] for line in lines[1:]] in (["wr_a2", "-", "wr_a1"], ["-", "wr_a2", "wr_a1"])
    assert "\x1b" not in "".join(lines)
    machine = json.loads(talk.machine.getvalue())  # type: ignore[attr-defined]
    assert {one["run"] for one in machine} == {"wr_a1", "wr_a2", "-"}


def test_a_list_that_does_not_fit_is_in_blocks_and_loses_nothing(
    home: LocalHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "wr_" + "0ac6a3b97cd7bf46" * 4
    reason = "step convert failed: " + "what happened " * 15
    keep_runs(comparison(long, 7, status="failed", error=reason), home.past_runs)
    for columns in ("60", "80"):
        monkeypatch.setenv("COLUMNS", columns)
        talk = Console(out=StringIO(), err=StringIO())
        assert runs.command(Namespace(json=None), talk, home, WALL) == 0
        lines = talk.out.getvalue().splitlines()  # type: ignore[attr-defined]
        assert lines[0] == long
        assert lines[1] == f"  glue on {RUNS['on']}, started 2026-11-20T12:00:00"
        assert lines[2].startswith("  failed after ")
        assert lines[3] == f"  {reason}"
    monkeypatch.setenv("COLUMNS", "150")
    talk = Console(out=StringIO(), err=StringIO())
    assert runs.command(Namespace(json=None), talk, home, WALL) == 0
    lines = talk.out.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines[0].split()[0] == "run"
    assert lines[1].startswith(long)
    assert lines[1].endswith("…")
    assert len(lines[1]) == 150


def test_a_report_of_an_earlier_run_is_of_that_run(home: LocalHome) -> None:
    talk = Console(out=StringIO(), err=StringIO())
    assert report.command(Namespace(runs="wr_a2", json=None), talk, home, WALL) == 0
    assert "failed" in talk.out.getvalue()  # type: ignore[attr-defined]


def test_without_runs_the_list_says_what_to_do(tmp_path: Path) -> None:
    talk = Console(out=StringIO(), err=StringIO())
    assert runs.command(Namespace(json=None), talk, LocalHome(root=tmp_path), WALL) == 0
    assert "lab demo" in talk.out.getvalue()  # type: ignore[attr-defined]
