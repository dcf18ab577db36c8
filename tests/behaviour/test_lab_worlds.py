"""The user's data survives `lab down` and `lab up`, and a kill -9 of the local AWS; a fresh world has none of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
from argparse import Namespace
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from lab import deploy, down, run, up
from lab.clock import WALL
from lab.console import Console
from lab.local_home import LocalHome
from lab.measure.ledger import read_ledger
from lab.target import local_target
from lab.worlds import DEMO
from pipeline.errors import ConfigInvalid
from tests.local_pipeline import FOLDER, small_input


@pytest.fixture
def home() -> Iterator[LocalHome]:
    place = LocalHome(folder_name=f"{FOLDER}/worlds-{os.getpid()}")
    yield place
    down.take_down(place, WALL)
    shutil.rmtree(place.folder, ignore_errors=True)


@pytest.fixture
def base_input(tmp_path: Path) -> Path:
    small_input(tmp_path)
    return tmp_path / "base"


def console() -> Console:
    return Console(out=StringIO(), err=StringIO())


def brought_up(home: LocalHome, **asked: Any) -> str:
    talk = console()
    assert up.command(Namespace(**{"world": "default", "fresh": False, **asked}), talk, home, WALL) == 0
    return talk.err.getvalue()  # type: ignore[attr-defined]


def ran(home: LocalHome, folder: Path) -> dict[str, Any]:
    file = home.folder / "asked.json"
    asked = Namespace(on="local", orchestrator="glue", input=folder, fault=None, json=file)
    assert run.command(asked, console(), home, WALL) == 0
    return json.loads(file.read_text())["runs"][0]


def ledger(home: LocalHome) -> dict[str, Any]:
    target = local_target(home)
    return read_ledger(
        s3=target.client("s3"),
        bucket=target.names.data_bucket,
        lane="glue",
        datasets=target.settings.datasets,
    )


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The user's home, in which this user may not write, and the folder of temporary files."""
    folders = [tmp_path / "users_home", tmp_path / "temporary"]
    for name, folder in zip(("HOME", "TMPDIR"), folders, strict=True):
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    folders[0].chmod(0o555)
    return folders


def test_data_outlives_a_down_and_a_kill_and_not_a_fresh_start(
    home: LocalHome, base_input: Path, outside: list[Path]
) -> None:
    assert "nothing is deployed in the world default yet" in brought_up(home)
    target = local_target(home)
    deploy.deploy(deploy.synthesised(target, console(), home), target=target, console=console(), home=home, clock=WALL)
    first = ran(home, base_input)
    assert first["rows"]["curated"] > 0
    committed = ledger(home)

    assert down.command(Namespace(), console(), home, WALL) == 0
    assert [list(folder.iterdir()) for folder in outside] == [[], []], "nothing is written outside the checkout"
    said = brought_up(home)
    assert "the data of the world default is back" in said
    assert ledger(home) == committed, "the same entries, of the same object versions"
    again = ran(home, base_input)
    assert (again["files"]["read"], again["warehouse_rows"]) == (0, first["warehouse_rows"])
    assert again["output_digest"] == first["output_digest"]

    os.kill(int(home.pid_file.read_text()), signal.SIGKILL)
    brought_up(home)
    killed = ran(home, base_input)
    assert (killed["files"]["read"], killed["warehouse_rows"]) == (0, first["warehouse_rows"])

    with pytest.raises(ConfigInvalid, match="world default, and demo was asked for"):
        up.bring_up(console(), home, WALL, world=DEMO)
    assert down.command(Namespace(), console(), home, WALL) == 0
    assert "nothing is deployed" in brought_up(home, fresh=True)
    assert not home.world("default").is_deployed
