"""A test that hangs fails by name and shows where every thread stood."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.time_limits import ROOT, SECONDS, limit_of

HANGING = """
import threading
import time


def wait_elsewhere():
    time.sleep(60)


def test_hangs():
    threading.Thread(target=wait_elsewhere, daemon=True).start()
    threading.Event().wait(60)


def test_comes_after_it():
    assert True
"""


def test_every_layer_has_a_limit() -> None:
    layers = {file.relative_to(ROOT).parts[0] for file in ROOT.rglob("test_*.py")}
    assert layers == set(SECONDS)


def test_file_of_no_layer_has_none() -> None:
    with pytest.raises(KeyError):
        limit_of(ROOT / "elsewhere/test_a.py")


def test_this_test_has_its_layers_limit(request: pytest.FixtureRequest) -> None:
    marker = request.node.get_closest_marker("timeout")
    assert (marker.args, marker.kwargs) == ((SECONDS["unit"],), {"method": "signal"})


def test_hanging_test_fails_with_all_stacks_and_the_next_one_runs(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(HANGING)
    options = ("-o", "timeout=1", "-o", "timeout_method=signal", "-p", "no:cacheprovider", "--rootdir", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(tmp_path), *options], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "Timeout" in done.stdout
    assert "wait_elsewhere" in done.stdout + done.stderr
