"""One job run as a subprocess: the very script that Glue would run, with its role's key.

In: a job's definition, a run's arguments, the fault that strikes it. Out: a final state and the message that Glue would
show. Logs go to `<run id>.log` and `<run id>.err`; nothing of a run stays in memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from local_aws.services.clients import Clients
from local_aws.services.faults import Fault
from local_aws.services.glue import script_runner
from local_aws.services.glue.python_modules import LAUNCH_ERROR, ModulesRefused, PythonModules
from local_aws.services.glue.runtimes import Runtime, Runtimes
from local_aws.services.glue.spark_paths import StagedBucket
from local_aws.services.java import WITHOUT_TRACE
from local_aws.services.processes import Processes
from local_aws.services.s3_location import s3_location

ACTIVE = ("STARTING", "RUNNING", "STOPPING")
_RUNNER = Path(script_runner.__file__)
_INJECTED = "class {name}(Exception): pass\n\n\nraise {name}({message!r})\n"
_KILL_AFTER_READ_SECONDS = 1.0


@dataclass
class JobRun:
    """`state` as in GetJobRun; `timeout_minutes` is the bound after which the run is TIMEOUT."""

    id: str
    job: str
    arguments: dict[str, str]
    timeout_minutes: int
    started_on: datetime
    fault: Fault | None = None
    trigger: str | None = None
    state: str = "STARTING"
    modified_on: datetime | None = None
    completed_on: datetime | None = None
    error: str | None = None
    process: subprocess.Popen[bytes] | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    staged: StagedBucket | None = None
    is_doomed: bool = False


@dataclass(kw_only=True, eq=False)
class JobRunner:
    """Prepares a scratch folder, runs the script, and says how it ended."""

    state: Path
    clients: Clients
    processes: Processes
    runtimes: Runtimes
    log: Callable[[str], None] = field(default_factory=lambda: lambda _: None)
    _mirror_locks: dict[str, threading.Lock] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._jobs = self.state / "jobs"
        self._staged = self.state / "staged"
        self._modules = PythonModules(folder=self.state / "python_modules")

    def check(self, definition: dict[str, Any]) -> None:
        """Raises NotImplementedLocally where nothing here runs jobs of the definition's Glue version."""
        self.runtimes.of(definition)

    def run(self, run: JobRun, definition: dict[str, Any], on_running: Callable[[], None]) -> tuple[str, str | None]:
        """(state, error message); blocks until the process has ended and what Spark wrote is uploaded."""
        if run.fault and run.fault.kind == "times_out":
            on_running()
            return "TIMEOUT", f"Job run has timed out ({run.fault.message})"
        scratch = self._jobs / run.id
        scratch.mkdir(parents=True)
        arguments = {**definition.get("DefaultArguments", {}), **run.arguments}
        try:
            self._modules.check(
                arguments, glue_version=definition.get("GlueVersion", ""), s3=self.clients.machinery("s3")
            )
        except ModulesRefused as refused:
            (self._jobs / f"{run.id}.err").write_text(f"PythonModuleInstaller: {refused}\n")
            return "FAILED", f"{LAUNCH_ERROR} {refused}"
        runtime = self.runtimes.of(definition)
        script = self._script(definition, scratch)
        if run.fault and run.fault.kind == "fails" and not uses_warehouse(arguments):
            name, _, message = run.fault.message.partition(": ")
            script.write_text(_INJECTED.format(name=name, message=message))
        command = [str(runtime.python), str(_RUNNER), str(self._end(run)), str(script), *_argv(arguments, run)]
        run.is_doomed = bool(run.fault and run.fault.kind == "killed")
        environment = self._environment(run, definition, arguments, scratch, runtime=runtime)
        with (self._jobs / f"{run.id}.log").open("wb") as out, (self._jobs / f"{run.id}.err").open("wb") as err:
            process = self.processes.start(command, cwd=scratch, environment=environment, stdout=out, stderr=err)
        run.process = process
        on_running()
        try:
            if run.stopping.is_set():
                self.processes.kill(process)
            code = process.wait(timeout=run.timeout_minutes * 60)
        except subprocess.TimeoutExpired:
            self.processes.end(process)
            return "TIMEOUT", "Job run has timed out"
        finally:
            self.processes.forget(process)
            self._apply_spark_output(run)
        return self._outcome(run, code)

    def stop(self, run: JobRun) -> None:
        """Ends the run's processes; its state becomes STOPPED."""
        run.stopping.set()
        if run.process is not None:
            self.processes.kill(run.process)

    def doom_after_read(self, run: JobRun) -> None:
        """A run under `killed` has begun to read: if it never writes, it dies shortly after."""
        if run.process is not None:
            threading.Timer(_KILL_AFTER_READ_SECONDS, self.processes.kill, [run.process]).start()

    def kill(self, run: JobRun) -> None:
        """SIGKILL, as a lost executor or the out-of-memory killer would."""
        if run.process is not None:
            self.processes.kill(run.process)

    def _outcome(self, run: JobRun, code: int) -> tuple[str, str | None]:
        if run.stopping.is_set():
            return "STOPPED", None
        if code < 0:
            return "FAILED", f"Job process was killed by signal {-code}" + (
                f" ({run.fault.message})" if run.fault else ""
            )
        error = _error(self._end(run))
        if error is None and code == 0:
            return "SUCCEEDED", None
        return "FAILED", error or f"Command failed with exit code {code}"

    def _end(self, run: JobRun) -> Path:
        return self._jobs / f"{run.id}.end"

    def _apply_spark_output(self, run: JobRun) -> None:
        if run.staged is not None:
            uploaded, deleted = run.staged.apply()
            if uploaded or deleted:
                self.log(f"{run.id}: Spark wrote {uploaded} and deleted {deleted} objects")
            run.staged.discard()

    def _script(self, definition: dict[str, Any], scratch: Path) -> Path:
        return self._download(definition["Command"]["ScriptLocation"], scratch)

    def _download(self, location: str, folder: Path) -> Path:
        at = s3_location(location)
        file = folder / at.key.rsplit("/", 1)[-1]
        self.clients.machinery("s3").download_file(at.bucket, at.key, str(file))
        return file

    def _environment(
        self,
        run: JobRun,
        definition: dict[str, Any],
        arguments: Mapping[str, str],
        scratch: Path,
        *,
        runtime: Runtime,
    ) -> dict[str, str]:
        extra = [place.strip() for place in arguments.get("--extra-py-files", "").split(",") if place.strip()]
        libraries = [self._download(place, scratch) for place in extra]
        temporary = scratch / "tmp"
        temporary.mkdir()
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(scratch),
            "LANG": "C.UTF-8",
            "TMPDIR": str(temporary),
            "TZ": "UTC",
            "PYTHONPATH": os.pathsep.join(str(library) for library in libraries),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "PYSPARK_PYTHON": str(runtime.python),
            "PYSPARK_DRIVER_PYTHON": str(runtime.python),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LAUNCHER_OPTS": WITHOUT_TRACE,
            **self.clients.environment(self.clients.keys.mint(definition["Role"], run_id=run.id)),
        }
        if home := self.runtimes.java_of(runtime):
            environment["JAVA_HOME"] = str(home)
        if bucket := arguments.get("--bucket"):
            environment["SPARK_CONF_DIR"] = str(self._spark_conf(run, bucket, scratch))
        return environment

    def _spark_conf(self, run: JobRun, bucket: str, scratch: Path) -> Path:
        conf = scratch / "conf"
        conf.mkdir()
        run.staged = StagedBucket(
            s3=self.clients.machinery("s3"),
            bucket=bucket,
            mirror=self._staged / bucket,
            view=scratch / "view",
            lock=self._mirror_locks.setdefault(bucket, threading.Lock()),
        )
        run.staged.configure(conf, stage_url=f"{self.clients.endpoint}/_lab/stage?run={run.id}")
        return conf


def uses_warehouse(arguments: Mapping[str, str]) -> bool:
    """A job that is given a workgroup fails there, at its COPY, and not by not running at all."""
    return "--workgroup" in arguments


def _argv(arguments: Mapping[str, str], run: JobRun) -> list[str]:
    pairs = {**arguments, "--JOB_NAME": run.job, "--JOB_RUN_ID": run.id}
    return [part for name, value in pairs.items() for part in (name, value)]


def _error(end: Path) -> str | None:
    """What the runner wrote of the script's failure, None of its success."""
    try:
        return json.loads(end.read_text())["error"]
    except FileNotFoundError:
        return "the job's process ended and its runner was not told so; a script must return or raise, not os._exit"
