"""tools/setup.py and the launcher it writes: bad places are refused at once, and links to `lab` work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / "tools" / "setup.py"


def run_setup(checkout: Path) -> subprocess.CompletedProcess[str]:
    (checkout / "tools").mkdir(parents=True)
    shutil.copy(SETUP, checkout / "tools" / "setup.py")
    return subprocess.run(
        [sys.executable, str(checkout / "tools" / "setup.py")], capture_output=True, text=True, timeout=30, check=False
    )


def test_a_blank_in_the_path_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    checkout = tmp_path / "my checkout"
    ended = run_setup(checkout)
    assert ended.returncode == 1
    assert "path has a blank in it" in ended.stderr
    assert "Move the checkout" in ended.stderr
    assert sorted(path.name for path in checkout.iterdir()) == ["tools"]


def test_the_launcher_works_through_links(tmp_path: Path) -> None:
    namespace: dict[str, object] = {"__name__": "setup_under_test", "__file__": str(SETUP)}
    exec(compile(SETUP.read_text(), str(SETUP), "exec"), namespace)
    launcher = tmp_path / "checkout" / ".venv" / "bin" / "lab"
    launcher.parent.mkdir(parents=True)
    launcher.write_text(str(namespace["LAUNCHER"]))
    launcher.chmod(0o755)
    (launcher.parent / "python").write_text('#!/bin/sh\necho "$PYTHONPATH" "$@"\n')
    (launcher.parent / "python").chmod(0o755)
    links = tmp_path / "bin"
    links.mkdir()
    (links / "second").symlink_to(launcher)
    (links / "lab").symlink_to("second")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for command in (launcher, links / "second", links / "lab"):
        ended = subprocess.run([command, "status"], capture_output=True, text=True, env=environment, check=True)
        assert ended.stdout == f"{tmp_path / 'checkout'} -m lab status\n"
