"""Environments: created in front of one local Airflow, asked through InvokeRestApi.

In: mwaa operations. Out: environments that are CREATING until Airflow's components are healthy and the DAGs are
parsed, then AVAILABLE, or CREATE_FAILED with the reason (an import error of a DAG, for one). One environment at a
time. Networks, sizes and logging settings are kept and shown.
"""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from local_aws.services.clients import Clients
from local_aws.services.engine import Caller, Resources, serves
from local_aws.services.mwaa.airflow import Airflow, AirflowEnded, AirflowMissing
from local_aws.services.processes import Processes
from local_aws.wire.errors import AwsError
from local_aws.wire.keys import Holder

_BOOT_BOUND_SECONDS = 240.0
_POLL_SECONDS = 0.5
_NOT_SHOWN = ("Tags", "EndpointManagement", "AirflowConfigurationOptions")


@dataclass
class Environment:
    """`definition` as in CreateEnvironment."""

    name: str
    arn: str
    definition: dict[str, Any]
    created: datetime
    status: str = "CREATING"
    error: str | None = None
    generation: int = 0


@dataclass(kw_only=True, eq=False)
class Environments:
    """The service; `prestart` boots Airflow before anybody needs it."""

    service = "airflow"

    state: Path
    venv: Path
    clients: Clients
    processes: Processes
    now: Callable[[], datetime]
    _key: str = field(init=False, default="")
    _airflow: Airflow | None = field(init=False, default=None)
    _environments: Resources[Environment] = field(
        init=False,
        default_factory=lambda: Resources("ResourceNotFoundException", "environment {} not found", status=404),
    )
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)
    _stopped: threading.Event = field(init=False, default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._home = self.state / "airflow"

    @property
    def airflow(self) -> Airflow | None:
        """The one behind the environment, or started for one that is still to come."""
        return self._airflow

    def login(self) -> dict[str, str]:
        """Address, user and password of the Airflow that runs; nothing where none does."""
        airflow = self._airflow
        return airflow.login if airflow is not None and airflow.is_running and airflow.url else {}

    def prestart(self) -> None:
        """Boots Airflow in the background; without one in the virtual environment only says so."""
        try:
            self._booted()
        except AirflowMissing as missing:
            sys.stderr.write(f"AirflowMissing: {missing}\n")

    def close(self) -> None:
        """Nobody waits for an environment any more; its processes are ended with all others."""
        self._stopped.set()
        if self._airflow is not None:
            self._airflow.unwatch()

    @serves("CreateEnvironment")
    def create(self, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        name = parameters["Name"]
        with self._lock:
            if self._environments:
                there = next(iter(self._environments))
                raise AwsError("ValidationException", f"the local AWS has one environment at a time, {there} is there")
            arn = f"arn:aws:airflow:{caller.region}:{caller.account}:environment/{name}"
            created = Environment(name=name, arn=arn, definition=dict(parameters), created=self.now())
            self._environments[name] = created
        self._bring_up(created)
        return {"Arn": arn}

    @serves("UpdateEnvironment")
    def update(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        environment = self._environments[parameters["Name"]]
        with self._lock:
            environment.definition.update(parameters)
            environment.status, environment.error = "UPDATING", None
        self._bring_up(environment)
        return {"Arn": environment.arn}

    @serves("GetEnvironment")
    def get(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return {"Environment": self._described(self._environments[parameters["Name"]])}

    @serves("ListEnvironments")
    def list_environments(self, _parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return {"Environments": sorted(self._environments)}

    @serves("DeleteEnvironment")
    def delete(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        environment = self._environments[parameters["Name"]]
        with self._lock:
            environment.generation += 1
            del self._environments[environment.name]
            if self._airflow is not None:
                self._airflow.stop()
            self._airflow = None
        return {}

    @serves("InvokeRestApi")
    def invoke_rest_api(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        environment = self._environments[parameters["Name"]]
        status, error = self._standing(environment)
        if status not in ("AVAILABLE", "UPDATING") or self._airflow is None:
            told = f"environment {environment.name} is {status}"
            raise AwsError("ValidationException", f"{told}: {error}" if error else told)
        try:
            answer = self._airflow.call(
                parameters["Method"],
                parameters["Path"],
                query=parameters.get("QueryParameters"),
                body=parameters.get("Body"),
            )
        except OSError as error:
            raise AwsError("InternalServerException", f"Airflow does not answer: {error}", status=500) from error
        if answer.status >= 400:
            code = "RestApiClientException" if answer.status < 500 else "RestApiServerException"
            text = f"{parameters['Method']} {parameters['Path']}: Airflow answered {answer.status}"
            details = {"RestApiStatusCode": answer.status, "RestApiResponse": answer.body or {}}
            raise AwsError(code, text, details=details)
        return {"RestApiStatusCode": answer.status, "RestApiResponse": answer.body or {}}

    def _bring_up(self, environment: Environment) -> None:
        environment.generation += 1
        threading.Thread(
            target=self._make_available, args=(environment, environment.generation), name="mwaa", daemon=True
        ).start()

    def _make_available(self, environment: Environment, generation: int) -> None:
        failed = "CREATE_FAILED" if environment.status == "CREATING" else "UPDATE_FAILED"
        try:
            status, error = "AVAILABLE", self._boot(environment)
            if error:
                status = failed
        except Exception as broken:  # whatever it was, the environment must not stay CREATING for ever
            status, error = failed, f"{type(broken).__name__}: {broken}"
        with self._lock:
            if environment.generation == generation:
                environment.status, environment.error = status, error

    def _boot(self, environment: Environment) -> str | None:
        """None once everything is up, else the reason."""
        airflow = self._booted()
        self.clients.keys.bind(self._key, Holder(role=environment.definition["ExecutionRoleArn"]))
        options = environment.definition.get("AirflowConfigurationOptions", {})
        airflow.options_file.write_text(json.dumps({_variable(name): str(value) for name, value in options.items()}))
        expects_dags = self._sync_dags(environment, airflow)
        deadline = time.monotonic() + _BOOT_BOUND_SECONDS
        while time.monotonic() < deadline and not self._stopped.is_set():
            try:
                missing = airflow.unhealthy()
            except AirflowEnded as ended:
                return str(ended)
            if not missing:
                if not expects_dags:
                    return None
                errors = airflow.call("GET", "/importErrors").body.get("import_errors", [])
                if errors:
                    return f"{Path(errors[0]['filename']).name}: {errors[0]['stack_trace'].strip().splitlines()[-1]}"
                if airflow.call("GET", "/dags").body.get("total_entries", 0):
                    return None
            self._stopped.wait(_POLL_SECONDS)
        return f"Airflow was not up within {_BOOT_BOUND_SECONDS:.0f} s: {airflow.last_log_lines()}"

    def _booted(self) -> Airflow:
        with self._lock:
            if self._airflow is None or not self._airflow.is_running:
                if self._airflow is not None:
                    self._airflow.stop()
                shutil.rmtree(self._home, ignore_errors=True)
                self._home.mkdir(parents=True)
                # The key stands for nobody until an environment with a role adopts this Airflow.
                self._key = self.clients.keys.mint("mwaa.amazonaws.com")
                self._airflow = Airflow(
                    venv=self.venv,
                    home=self._home,
                    processes=self.processes,
                    aws=self.clients.environment(self._key),
                )
                self._airflow.start()
            return self._airflow

    def _sync_dags(self, environment: Environment, airflow: Airflow) -> bool:
        bucket = environment.definition["SourceBucketArn"].split(":::")[-1]
        prefix = environment.definition["DagS3Path"].rstrip("/") + "/"
        s3 = self.clients.machinery("s3")
        there = set()
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                name = item["Key"][len(prefix) :]
                if name and not name.endswith("/") and ".." not in name.split("/"):
                    file = airflow.dags / name
                    file.parent.mkdir(parents=True, exist_ok=True)
                    s3.download_file(bucket, item["Key"], str(file))
                    there.add(file)
        for file in [one for one in airflow.dags.rglob("*") if one.is_file() and one not in there]:
            file.unlink()
        return any(file.suffix == ".py" and file.parent == airflow.dags for file in there)

    def _standing(self, environment: Environment) -> tuple[str, str | None]:
        """(status, error): an environment whose Airflow is gone is UNAVAILABLE, as MWAA calls it."""
        failure = self._airflow.failure if self._airflow else None
        if failure and environment.status in ("AVAILABLE", "UPDATING"):
            return "UNAVAILABLE", failure
        return environment.status, environment.error

    def _described(self, environment: Environment) -> dict[str, Any]:
        status, error = self._standing(environment)
        shown = {name: value for name, value in environment.definition.items() if name not in _NOT_SHOWN}
        logging = shown.pop("LoggingConfiguration", None)
        shown |= {
            "Arn": environment.arn,
            "Status": status,
            "CreatedAt": environment.created,
            "AirflowConfigurationOptions": environment.definition.get("AirflowConfigurationOptions", {}),
            "WebserverUrl": self._airflow.url if self._airflow else None,
        }
        if logging:
            shown["LoggingConfiguration"] = logging
        if error:
            shown["LastUpdate"] = {
                "Status": "FAILED",
                "CreatedAt": environment.created,
                "Error": {"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": error},
            }
        return shown


def _variable(option: str) -> str:
    section, _, key = option.partition(".")
    return f"AIRFLOW__{section.upper()}__{key.upper()}"
