"""`--json FILE`: regular files whole or not at all, links followed, devices and pipes written through."""

from __future__ import annotations

import json
import os
import stat
import threading
from io import StringIO
from pathlib import Path

import pytest

from lab import cli
from lab.console import Console
from lab.json_output import STANDARD_OUTPUT, check_json_output, write_json_output
from pipeline.errors import ConfigInvalid

VALUE = {"rows": 3}


def console() -> Console:
    return Console(out=StringIO(), err=StringIO(), machine=StringIO())


def test_regular_file_is_replaced_and_nothing_else_left(tmp_path: Path) -> None:
    file = tmp_path / "runs.json"
    file.write_text("old")
    write_json_output(VALUE, file, console())
    assert json.loads(file.read_text()) == VALUE
    assert list(tmp_path.iterdir()) == [file]


def test_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "there" / "real.json")
    write_json_output(VALUE, link, console())
    assert link.is_symlink()
    assert json.loads((tmp_path / "there" / "real.json").read_text()) == VALUE


def test_pipe_is_written_through_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    write_json_output(VALUE, pipe, console())
    reader.join(timeout=10)
    assert json.loads(read[0]) == VALUE
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_the_null_device_stays_one(capsys: pytest.CaptureFixture[str]) -> None:
    before = os.stat(os.devnull)
    write_json_output(VALUE, Path(os.devnull), console())
    after = os.stat(os.devnull)
    assert stat.S_ISCHR(after.st_mode)
    assert (after.st_ino, after.st_rdev) == (before.st_ino, before.st_rdev)
    assert capsys.readouterr().out == ""


def test_dash_is_standard_output() -> None:
    talk = console()
    write_json_output(VALUE, STANDARD_OUTPUT, talk)
    assert json.loads(talk.machine.getvalue()) == VALUE  # type: ignore[attr-defined]


def test_folder_and_absent_folder_are_refused_and_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="is a folder"):
        check_json_output(tmp_path)
    with pytest.raises(ConfigInvalid, match="does not exist; make it"):
        write_json_output(VALUE, tmp_path / "no" / "runs.json", console())
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_refuses_before_it_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["report", "--json", str(tmp_path / "no" / "x.json")]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_with_a_dash_standard_output_is_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status", "--json", "-"]) == 0
    said = capsys.readouterr()
    assert "local AWS" in json.loads(said.out)
    assert "endpoint" in said.err
