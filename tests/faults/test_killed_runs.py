"""200 kills at random points, and each row is there exactly once after the next run that ends.

The kills strike while files are read, written, committed and swept, over a folder's ledger and a lane's;
killed_runs.py says how.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.checkout import ROOT


def killed(folder: Path, *, variant: str, kills: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.faults.killed_runs", str(folder), variant, str(kills), "1"]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # it forks, so it must have no thread
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("variant", "kills"), [("folder", 130), ("lane", 70)])
def test_killed_runs_leave_each_row_exactly_once(tmp_path: Path, variant: str, kills: int) -> None:
    said = killed(tmp_path, variant=variant, kills=kills)
    assert said["problems"] == []
    assert sum(said["struck"].values()) == kills
    assert said["struck"]["while it wrote"] > kills / 3, "the kills missed the work"
    assert said["struck"].get("after the commit", 0) >= (1 if kills > 100 else 0), (
        "no kill struck between commit and end"
    )


def test_ledger_written_before_the_outputs_would_be_noticed(tmp_path: Path) -> None:
    """The must-fail twin: the same kills on a run that is not atomic."""
    said = killed(tmp_path, variant="ledger_first", kills=20)
    assert [problem for problem in said["problems"] if problem.endswith("is in the ledger and not there")]
    assert [problem for problem in said["problems"] if "rows are missing" in problem]
