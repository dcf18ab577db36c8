"""tools/setup.py and the launcher it writes: bad places are refused at once, and links to `lab` work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab.named_user import check_named_user
from pipeline.errors import ConfigInvalid
from tests.checkout import ROOT

SETUP = ROOT / "tools" / "setup.py"
NAMELESS = 3_999_999_999  # no system gives such an id to a user


def run_setup(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    (checkout / "tools").mkdir(parents=True)
    shutil.copy(SETUP, checkout / "tools" / "setup.py")
    return subprocess.run(
        [sys.executable, str(checkout / "tools" / "setup.py")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={**os.environ, **environment},
    )


def setup_module() -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "setup_under_test", "__file__": str(SETUP)}
    exec(compile(SETUP.read_text(), str(SETUP), "exec"), namespace)
    return namespace


def test_a_blank_in_the_path_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    checkout = tmp_path / "my checkout"
    ended = run_setup(checkout)
    assert ended.returncode == 1
    assert "path has a blank in it" in ended.stderr
    assert "Move the checkout" in ended.stderr
    assert sorted(path.name for path in checkout.iterdir()) == ["tools"]


def test_a_machine_without_bash_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    ended = run_setup(checkout, PATH=str(tmp_path))
    assert ended.returncode == 1
    assert "no bash on PATH" in ended.stderr
    assert sorted(path.name for path in checkout.iterdir()) == ["tools"]


def test_a_user_without_a_name_is_refused() -> None:
    setup = setup_module()
    setup["check_user"](os.getuid())
    with pytest.raises(setup["SetupFailed"], match=f"user id {NAMELESS} has no name.*`useradd`"):
        setup["check_user"](NAMELESS)
    check_named_user()
    with pytest.raises(ConfigInvalid, match=f"user id {NAMELESS} has no name.*`useradd`"):
        check_named_user(NAMELESS)


def test_installers_write_inside_the_checkout_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    setup = setup_module()
    setup["CACHE"] = str(tmp_path)
    settings = setup["index_settings"]()
    for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR", "TMPDIR"):
        assert Path(settings[name]).is_relative_to(tmp_path), name
    assert Path(settings["TMPDIR"]).is_dir()


def test_the_launcher_works_through_links(tmp_path: Path) -> None:
    namespace = setup_module()
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
