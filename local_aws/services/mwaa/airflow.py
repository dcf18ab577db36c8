"""A real Airflow: its metadata database and its four components, on free ports of the loopback interface.

In: a virtual environment, a home, variables. Out: a REST client of it, and whether it is healthy. It may be started
before an environment needs it (`prestart`), because it takes half a minute.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from local_aws.services.mwaa.components import NAMES, Components
from local_aws.services.mwaa.metadata_database import DatabaseFailed, MetadataDatabase, free_port
from local_aws.services.processes import Processes

_INSIDE = Path(__file__).with_name("inside_airflow")
_COMPONENTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
_REQUEST_SECONDS = 20
_MIGRATE_BOUND_SECONDS = 180.0
# The log servers listen on every address of the machine; the REST API reads logs from files, so nothing is lost.
_ARGUMENTS = {"scheduler": ("--skip-serve-logs",), "triggerer": ("--skip-serve-logs",)}


class AirflowMissing(Exception):
    """There is no Airflow in the virtual environment."""


class BootFailed(Exception):
    """It could not be brought up; says why."""


class AirflowEnded(Exception):
    """The process is gone; its log says why."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An HTTP answer of Airflow's API; `body` is JSON or None."""

    status: int
    body: Any


class Airflow:
    """One Airflow and its home folder; started once. `waits_for_workers` False leaves MWAA's race in place."""

    def __init__(
        self,
        *,
        venv: Path,
        home: Path,
        processes: Processes,
        aws: Mapping[str, str],
        waits_for_workers: bool = True,
    ) -> None:
        self._venv = venv.absolute()
        self.home = home
        self.dags = home / "dags"
        self.options_file = home / "mwaa_options.json"
        self._processes = processes
        self._aws = dict(aws)
        self._waits_for_workers = waits_for_workers
        self._password = secrets.token_urlsafe(16)
        self._token = ""
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the user's shell must not stand between two processes
        self._variables: dict[str, str] = {}
        self._database = MetadataDatabase(venv=self._venv, folder=home / "postgres", processes=processes)
        self.components = Components(
            names=NAMES, start=self._started, forget=processes.forget, end=processes.end_together
        )
        self._boot_failure: str | None = None
        self._booter: threading.Thread | None = None
        self._is_stopped = False
        self._lock = threading.Lock()
        self.url = ""

    @property
    def failure(self) -> str | None:
        """Why it will not work any more; None while it runs or boots."""
        return self._boot_failure or self.components.failure

    @property
    def login(self) -> dict[str, str]:
        """Where a person signs in to this Airflow, on this machine only, and as whom."""
        return {"url": self.url, "user": "admin", "password": self._password}

    @property
    def is_running(self) -> bool:
        """Whether it boots or runs."""
        return self._booter is not None and not self._is_stopped and self.failure is None

    def start(self) -> None:
        """Returns at once; raises AirflowMissing."""
        if not (self._venv / "bin" / "airflow").is_file():
            raise AirflowMissing(f"no Airflow in {self._venv.name}; `make setup` installs it")
        self.dags.mkdir(parents=True, exist_ok=True)
        (self.home / "passwords.json").write_text(json.dumps({"admin": self._password}))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._variables = self._environment(port)
        self._booter = threading.Thread(target=self._boot, name="airflow", daemon=True)
        self._booter.start()

    def stop(self) -> None:
        """Ends every process of it."""
        self._is_stopped = True
        self.components.stop()
        self._database.stop()
        self._token = ""

    def unwatch(self) -> None:
        """Nothing is started again; the processes are about to be ended with all others."""
        self._is_stopped = True
        self.components.unwatch()

    def _boot(self) -> None:
        try:
            vital = self._metadata_database()
            self._migrated()
            self.components.begin(vital=vital)
            self.components.watch()
        except (OSError, RuntimeError, subprocess.SubprocessError, BootFailed) as failure:
            self._boot_failure = f"{type(failure).__name__}: {failure}"
            self.components.stop()
        # Also where it was stopped while the database came up.
        self._database.stop()

    def _metadata_database(self) -> dict[str, Any]:
        """What must go on running: the server, or nothing where there is only SQLite."""
        try:
            self._database.start()
        except (DatabaseFailed, OSError, subprocess.SubprocessError) as failed:
            # Writers of one attempt's history can collide there, and a component end; it is started again then.
            sys.stderr.write(f"MetadataOnSqlite: Airflow's metadata lies in SQLite, because {failed}\n")
            self._database.stop()
            return {}
        self._variables["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = self._database.url
        return {"metadata database": self._database.process}

    def _migrated(self) -> None:
        process = self._started("migrate")
        try:
            code = process.wait(timeout=_MIGRATE_BOUND_SECONDS)
        finally:
            self._processes.forget(process)
        if code != 0 and not self._is_stopped:
            raise BootFailed(f"the metadata database could not be made (code {code}): {self.last_log_lines()}")

    def _started(self, name: str) -> subprocess.Popen[bytes]:
        script = str(_INSIDE / "component.py")
        with (self.home / f"{name}.log").open("ab") as log:
            return self._processes.start(
                [str(self._venv / "bin" / "python"), script, name, *_ARGUMENTS.get(name, ())],
                cwd=self.home,
                environment=self._variables,
                stdout=log,
                stderr=log,
            )

    def unhealthy(self) -> list[str]:
        """Components that are not up yet; raises AirflowEnded."""
        if not self.is_running:
            raise AirflowEnded(f"Airflow ended while it booted: {self.failure}: {self.last_log_lines()}")
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
        """The last errors in the components' logs, or their ends."""
        logs = [self.home / f"{name}.log" for name in ("migrate", *NAMES)]
        lines = [
            f"{log.stem}: {line.strip()}"
            for log in logs
            if log.is_file()
            for line in log.read_text(errors="replace").splitlines()[-200:]
        ]
        told = [line for line in lines if "Error" in line or "error" in line]
        return " | ".join((told or lines)[-count:])

    def _headers(self) -> dict[str, str]:
        # No connection is used again: the API server may have been started anew since.
        return {"Connection": "close", **({"Authorization": f"Bearer {self._token}"} if self._token else {})}

    def _new_token(self) -> str:
        login = {"username": "admin", "password": self._password}
        answer = self._session.post(f"{self.url}/auth/token", json=login, timeout=_REQUEST_SECONDS)
        answer.raise_for_status()
        return answer.json()["access_token"]

    def _request(self, method: str, path: str, query: Mapping[str, Any] | None, body: Any) -> Answer:
        answer = self._session.request(
            method,
            f"{self.url}/api/v2{path}",
            params=query,
            json=body,
            headers=self._headers(),
            timeout=_REQUEST_SECONDS,
            allow_redirects=False,
        )
        try:
            return Answer(status=answer.status_code, body=answer.json())
        except ValueError:
            return Answer(status=answer.status_code, body=None)

    def _environment(self, port: int) -> dict[str, str]:
        return {
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
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home / "passwords.json"),
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "2",
            "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.25",
            # What a dead component held is taken over within half a minute instead of five.
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "20",
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "20",
            # A worker outlives the restart of the API server.
            "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "30",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "false",
            "SCARF_ANALYTICS": "false",
            **(self._patience() if self._waits_for_workers else {}),
            **self._aws,
        }

    def _patience(self) -> dict[str, str]:
        return {
            "AIRFLOW__CORE__EXECUTOR": "patient_executor.PatientExecutor",
            "LOCAL_MWAA_WORKERS": str(self.home / "workers"),
            # How late a worker's supervisor may notice its child's end; everything waits for it now.
            "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        }
