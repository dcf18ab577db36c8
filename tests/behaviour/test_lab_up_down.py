"""`up` and `down` with a small stand-in for the gateway: nothing keeps running, stale files do no harm."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from lab import down, up
from lab.clock import WALL
from lab.console import Console
from lab.local_home import LocalHome
from lab.processes import MARKER, belongs, living
from lab.status import status_of
from lab.up import LocalAwsNotStarted

GATEWAY = """
import http.server, os, pathlib, signal, subprocess, sys
state, port = pathlib.Path(sys.argv[2]), int(sys.argv[4])
assert not any(name.startswith("AWS_") for name in os.environ), "the user's own AWS must stay outside"
sleeper = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()"
subprocess.Popen([sys.executable, "-c", sleeper], env={"HOME": f"{state}/job"}, start_new_session=True)

class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

http.server.ThreadingHTTPServer(("127.0.0.1", port), Health).serve_forever()
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[LocalHome]:
    package = tmp_path / "local_aws"
    package.mkdir()
    (package / "__main__.py").write_text(GATEWAY)
    place = LocalHome(root=tmp_path)
    yield place
    down.take_down(place, WALL)


def console() -> Console:
    return Console(out=StringIO(), err=StringIO())


def test_up_answers_and_down_leaves_nothing(home: LocalHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    endpoint, started = up.bring_up(console(), home, WALL)
    assert started
    assert len(living(home.gateway)) == 2, "the gateway and what it started, which ignores TERM"
    assert status_of(home)["local AWS"] == "up"
    assert up.bring_up(console(), home, WALL) == (endpoint, False)
    assert down.command(Namespace(), console(), home, WALL) == 0
    assert living(home.gateway) == []
    assert status_of(home)["local AWS"] == "down"
    assert not home.endpoint_file.exists()


def test_down_is_safe_where_nothing_runs(home: LocalHome) -> None:
    talk = console()
    assert down.command(Namespace(), talk, home, WALL) == 0
    assert "nothing was running" in talk.err.getvalue()  # type: ignore[attr-defined]


def test_stale_pid_of_somebody_else_is_left_alone(home: LocalHome) -> None:
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as other:
        home.pid_file.parent.mkdir(parents=True)
        home.pid_file.write_text(str(other.pid))
        assert down.command(Namespace(), console(), home, WALL) == 0
        assert other.poll() is None
        other.kill()
    assert not home.pid_file.exists()


def test_gateway_that_dies_at_once_is_told_with_its_log(home: LocalHome) -> None:
    (home.root / "local_aws/__main__.py").write_text("raise SystemExit('no room')")
    with pytest.raises(LocalAwsNotStarted, match="no room"):
        up.bring_up(console(), home, WALL)
    assert living(home.gateway) == []


def test_killed_gateway_is_replaced_and_its_orphans_ended(home: LocalHome) -> None:
    up.bring_up(console(), home, WALL)
    os.kill(int(home.pid_file.read_text()), 9)
    orphans = living(home.gateway)
    _, started = up.bring_up(console(), home, WALL)
    assert started
    assert not set(orphans) & set(living(home.gateway))


@pytest.mark.parametrize(
    ("environment", "is_ours"),
    [
        ([f"{MARKER}=/x/.lab/local_aws"], True),
        (["HOME=/x/.lab/local_aws/state/jobs/jr_1"], True),
        (["AIRFLOW_HOME=/x/.lab/local_aws/state/airflow"], True),
        ([f"{MARKER}=/y/.lab/local_aws"], False),
        (["PWD=/x/.lab/local_aws/state"], False),
        (["HOME=/x"], False),
        ([], False),
    ],
)
def test_only_our_own_processes_are_ours(environment: list[str], is_ours: bool) -> None:
    assert belongs(environment, Path("/x/.lab/local_aws")) == is_ours
