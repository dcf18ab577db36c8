"""A real Airflow: `airflow standalone` in a process group of its own, on a free port of the loopback interface.

In: a virtual environment, a home, variables. Out: a REST client of it, and whether it is healthy. It may be started
before an environment needs it (`prestart`), because it takes half a minute.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from local_aws.services.processes import Processes

_INSIDE = Path(__file__).with_name("inside_airflow")
_COMPONENTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
_REQUEST_SECONDS = 20


class AirflowMissing(Exception):
    """There is no Airflow in the virtual environment."""


class AirflowEnded(Exception):
    """The process is gone; its log says why."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An HTTP answer of Airflow's API; `body` is JSON or None."""

    status: int
    body: Any


class Airflow:
    """One `standalone` and its home folder."""

    def __init__(self, *, venv: Path, home: Path, processes: Processes, aws: Mapping[str, str]) -> None:
        self._venv = venv.absolute()
        self.home = home
        self.dags = home / "dags"
        self.options_file = home / "mwaa_options.json"
        self._processes = processes
        self._aws = dict(aws)
        self._password = secrets.token_urlsafe(16)
        self._token = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self.url = ""

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Returns at once; raises AirflowMissing."""
        python = self._venv / "bin" / "python"
        if not (self._venv / "bin" / "airflow").is_file():
            raise AirflowMissing(f"no Airflow in {self._venv.name}; `make setup` installs it")
        self.dags.mkdir(parents=True, exist_ok=True)
        (self.home / "passwords.json").write_text(json.dumps({"admin": self._password}))
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        with (self.home / "standalone.log").open("ab") as log:
            self._process = self._processes.start(
                [str(python), str(_INSIDE / "loopback_standalone.py")],
                cwd=self.home,
                environment=self._environment(port),
                stdout=log,
                stderr=log,
            )

    def stop(self) -> None:
        """Ends the whole group: standalone leaves children behind."""
        if self._process is not None:
            self._processes.end(self._process)
        self._process, self._token = None, ""

    def unhealthy(self) -> list[str]:
        """Components that are not up yet; raises AirflowEnded."""
        if not self.is_running:
            raise AirflowEnded(f"Airflow ended while it booted: {self.last_log_lines()}")
        try:
            answer = self._request("GET", "/monitor/health", None, None)
        except OSError:
            return ["api-server"]
        if answer.status != 200:
            return ["api-server"]
        return [name for name in _COMPONENTS if (answer.body.get(name) or {}).get("status") != "healthy"]

    def call(self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None) -> Answer:
        """One call of `/api/v2<path>` as admin; raises OSError where nothing answers."""
        with self._lock:
            if not self._token:
                self._token = self._new_token()
        return self._request(method, path, query, body)

    def last_log_lines(self, count: int = 5) -> str:
        """The last errors in standalone's log, or its end."""
        log = self.home / "standalone.log"
        lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
        told = [line for line in lines if "ended with code" in line or "Error" in line or "error" in line]
        return " | ".join(line.strip() for line in (told or lines)[-count:])

    def _new_token(self) -> str:
        body = json.dumps({"username": "admin", "password": self._password}).encode()
        request = urllib.request.Request(  # noqa: S310 - our own URL
            f"{self.url}/auth/token", data=body, headers={"Content-Type": "application/json"}, method="POST"
        )
        with _opener().open(request, timeout=_REQUEST_SECONDS) as answer:
            return json.load(answer)["access_token"]

    def _request(self, method: str, path: str, query: Mapping[str, Any] | None, body: Any) -> Answer:
        url = f"{self.url}/api/v2{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, headers=headers, method=method)  # noqa: S310 - our own URL
        try:
            with _opener().open(request, timeout=_REQUEST_SECONDS) as answer:
                return Answer(status=answer.status, body=_json_or_none(answer.read()))
        except urllib.error.HTTPError as error:
            return Answer(status=error.code, body=_json_or_none(error.read()))

    def _environment(self, port: int) -> dict[str, str]:
        return {
            # standalone starts its components by name.
            "PATH": f"{self._venv / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.home),
            "PYTHONPATH": str(_INSIDE),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NO_COLOR": "1",
            # Process titles would overwrite the environment, by which leftovers are found.
            "SPT_NOENV": "1",
            "AIRFLOW_HOME": str(self.home),
            "LOCAL_MWAA_OPTIONS": str(self.options_file),
            "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__SECRET_KEY": secrets.token_hex(16),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home / "passwords.json"),
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "2",
            "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.25",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "false",
            "SCARF_ANALYTICS": "false",
            **self._aws,
        }


def _opener() -> urllib.request.OpenerDirector:
    # A proxy of the user's shell must not stand between two processes of one machine.
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _json_or_none(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
