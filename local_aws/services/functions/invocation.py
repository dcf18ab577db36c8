"""One invocation: a fresh Python process per call (every start is a cold one).

In: a function's code folder, handler, environment and an event. Out: the handler's result as JSON, or its error as
Lambda shows it. Output goes to `<function>.log`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.services.clients import Clients
from local_aws.services.processes import Processes

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")


@dataclass(frozen=True, kw_only=True)
class Result:
    """`payload` is the result, or errorMessage and errorType where `is_error`."""

    payload: Any
    is_error: bool

    @property
    def text(self) -> str:
        """JSON, as the API answers it."""
        return json.dumps(self.payload)


@dataclass(kw_only=True, eq=False)
class Invoker:
    """Starts processes and waits for them."""

    state: Path
    clients: Clients
    processes: Processes

    def __post_init__(self) -> None:
        self._folder = self.state / "functions"

    def invoke(self, configuration: dict[str, Any], code: Path, event: Any, *, request_id: str) -> Result:
        """Blocks until the handler has returned, failed or timed out."""
        name, timeout = configuration["FunctionName"], configuration["Timeout"]
        with tempfile.TemporaryDirectory(dir=self._folder) as scratch:
            result_file = Path(scratch) / "result.json"
            event_file = Path(scratch) / "event.json"
            event_file.write_text(json.dumps(event))
            command = [sys.executable, "-P", str(_BOOTSTRAP), str(result_file)]
            by_schedule = isinstance(event, dict) and event.get("detail-type") == "Scheduled Event"
            environment = self._environment(configuration, code, request_id, by_schedule=by_schedule)
            with (self._folder / f"{name}.log").open("ab") as log, event_file.open("rb") as stdin:
                process = self.processes.start(
                    command, cwd=code, environment=environment, stdout=log, stderr=log, stdin=stdin
                )
                try:
                    process.wait(timeout=timeout)
                except subprocess.TimeoutExpired:
                    self.processes.kill(process)
                    process.wait()
                    message = f"{request_id} Task timed out after {timeout:.2f} seconds"
                    return Result(payload={"errorMessage": message, "errorType": "Sandbox.Timedout"}, is_error=True)
                finally:
                    self.processes.forget(process)
            if not result_file.is_file():
                message = f"RequestId: {request_id} Error: Runtime exited with exit code {process.returncode}"
                return Result(payload={"errorMessage": message, "errorType": "Runtime.ExitError"}, is_error=True)
            answer = json.loads(result_file.read_text())
        if "error" in answer:
            return Result(payload=answer["error"], is_error=True)
        return Result(payload=answer["result"], is_error=False)

    def _environment(
        self, configuration: dict[str, Any], code: Path, request_id: str, *, by_schedule: bool
    ) -> dict[str, str]:
        name = configuration["FunctionName"]
        key = self.clients.keys.mint(configuration["Role"], run_id=request_id, by_schedule=by_schedule)
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(self._folder),
            "_HANDLER": configuration["Handler"],
            "LAMBDA_TASK_ROOT": str(code),
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": request_id,
            "LOCAL_REQUEST_ID": request_id,
            "LOCAL_FUNCTION_ARN": configuration["FunctionArn"],
            "LOCAL_TIMEOUT_SECONDS": str(configuration["Timeout"]),
            **self.clients.environment(key),
            **configuration.get("Environment", {}).get("Variables", {}),
        }
