"""Jobs: definitions and runs, their states and their limits.

In: job operations, and starts by triggers. Out: runs in the states STARTING, RUNNING, STOPPING, SUCCEEDED, FAILED,
STOPPED, TIMEOUT; listeners hear of every end before the event bus does. Job bookmarks and MaxRetries other than 0 are
refused: the project's orchestrators own retries.
"""

from __future__ import annotations

import secrets
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local_aws.clocks.clock import Clocks
from local_aws.services.bus import Bus
from local_aws.services.clients import Clients
from local_aws.services.engine import Caller, Resources, serves
from local_aws.services.faults import Fault, Faults
from local_aws.services.glue.job_logs import GROUP, JobLogs
from local_aws.services.glue.job_runs import ACTIVE, JobRun, JobRunner
from local_aws.wire.errors import AwsError, ReplyLost

_SEVERITY = {"SUCCEEDED": "INFO", "STOPPED": "INFO"}
_DEFAULT_TIMEOUT_MINUTES = 480


@dataclass
class JobDefinition:
    """A definition (as in JobUpdate, with its Name) and its runs, oldest first."""

    definition: dict[str, Any]
    created: datetime
    modified: datetime
    runs: list[JobRun] = field(default_factory=list)


@dataclass(kw_only=True, eq=False)
class Jobs:
    """Runs live in threads that wait for their subprocess."""

    service = "glue"

    runner: JobRunner
    logs: JobLogs
    clients: Clients
    bus: Bus
    faults: Faults
    now: Callable[[], datetime]
    clocks: Clocks
    _jobs: Resources[JobDefinition] = field(
        init=False, default_factory=lambda: Resources("EntityNotFoundException", "Failed to find job {}")
    )
    _runs: dict[str, JobRun] = field(init=False, default_factory=dict)
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)
    _callbacks: dict[str, list[Callable[[], None]]] = field(init=False, default_factory=dict)
    on_end: list[Callable[[JobRun], None]] = field(init=False, default_factory=list)

    def names(self) -> list[str]:
        """Names of all jobs."""
        with self._lock:
            return sorted(self._jobs)

    def run_of(self, run_id: str | None) -> JobRun | None:
        """The run with the id, whichever job it is of."""
        return self._runs.get(run_id or "")

    @serves("CreateJob")
    def create(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            if parameters["Name"] in self._jobs:
                raise AwsError("AlreadyExistsException", f"Job already exists: {parameters['Name']}")
            _check_definition(parameters)
            self.runner.check(parameters)
            now = self.now()
            self._jobs[parameters["Name"]] = JobDefinition(definition=dict(parameters), created=now, modified=now)
        return {"Name": parameters["Name"]}

    @serves("UpdateJob")
    def update(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            job = self._jobs[parameters["JobName"]]
            _check_definition(parameters["JobUpdate"])
            self.runner.check(parameters["JobUpdate"])
            # An update replaces the whole definition; what it does not name is reset.
            job.definition = {"Name": parameters["JobName"], **parameters["JobUpdate"]}
            job.modified = self.now()
        return {"JobName": parameters["JobName"]}

    @serves("DeleteJob")
    def delete(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            self._jobs.pop(parameters["JobName"], None)
        return {"JobName": parameters["JobName"]}

    @serves("GetJob")
    def get(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            return {"Job": _described_job(self._jobs[parameters["JobName"]])}

    @serves("GetJobRun")
    def get_run(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            return {"JobRun": self.described_run(self._get_run(parameters["JobName"], parameters["RunId"]))}

    @serves("GetJobRuns")
    def get_runs(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            runs = list(reversed(self._jobs[parameters["JobName"]].runs))
            return {"JobRuns": [self.described_run(run) for run in runs]}

    @serves("StartJobRun")
    def start_operation(self, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        fault = self.faults.strike(parameters["JobName"], caller.role)
        run = self.start(
            parameters["JobName"],
            arguments=parameters.get("Arguments", {}),
            fault=fault,
            timeout_minutes=parameters.get("Timeout"),
        )
        if fault and fault.kind == "response_lost":
            raise ReplyLost
        return {"JobRunId": run.id}

    def start_for(
        self, name: str, role: str, *, arguments: dict[str, str], trigger: str, timeout: int | None
    ) -> JobRun:
        """A trigger's start: the same faults, no reply to lose. `timeout` in minutes."""
        fault = self.faults.strike(name, role)
        return self.start(name, arguments=arguments, fault=fault, timeout_minutes=timeout, trigger=trigger)

    def start(
        self,
        name: str,
        *,
        arguments: dict[str, str],
        fault: Fault | None,
        timeout_minutes: int | None = None,
        trigger: str | None = None,
    ) -> JobRun:
        """Raises EntityNotFoundException, ConcurrentRunsExceededException or what the fault refuses with."""
        with self._lock:
            job = self._jobs[name]
            if fault:
                fault.refuse(action="glue:StartJobRun", resource=name)
            limit = job.definition.get("ExecutionProperty", {}).get("MaxConcurrentRuns", 1)
            if sum(run.state in ACTIVE for run in job.runs) >= limit:
                raise AwsError("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {name}")
            run = JobRun(
                id="jr_" + secrets.token_hex(32),
                job=name,
                arguments=dict(arguments),
                timeout_minutes=timeout_minutes or job.definition.get("Timeout", _DEFAULT_TIMEOUT_MINUTES),
                started_on=self.now(),
                fault=fault,
                trigger=trigger,
            )
            job.runs.append(run)
            self._runs[run.id] = run
            definition = dict(job.definition)
        self.clocks.start_work(lambda: self._run(run, definition), name=f"job {name}")
        return run

    @serves("BatchStopJobRun")
    def stop(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        stopped, errors = [], []
        for run_id in parameters["JobRunIds"]:
            run = self._runs.get(run_id)
            if run is None or run.job != parameters["JobName"] or run.state not in ACTIVE:
                detail = {"ErrorCode": "InvalidInputException", "ErrorMessage": f"{run_id} is not a running job run"}
                errors.append({"JobName": parameters["JobName"], "JobRunId": run_id, "ErrorDetail": detail})
                continue
            self.stop_run(run)
            stopped.append({"JobName": run.job, "JobRunId": run.id})
        return {"SuccessfulSubmissions": stopped, "Errors": errors}

    def stop_run(self, run: JobRun) -> None:
        """STOPPING now, STOPPED when the processes have ended."""
        with self._lock:
            if run.state in ACTIVE:
                run.state = "STOPPING"
        self.runner.stop(run)

    def when_ended(self, run_id: str, callback: Callable[[], None]) -> None:
        """Calls back once the run has ended, at once if it has; while the run still counts as work."""
        with self._lock:
            if self._runs[run_id].completed_on is None:
                self._callbacks.setdefault(run_id, []).append(callback)
                return
        callback()

    def warehouse_fault(self, run_id: str | None) -> str | None:
        """The message of the fault `fails` if the run is one that fails in the warehouse, at its COPY."""
        run = self.run_of(run_id)
        if run is None or run.fault is None or run.fault.kind != "fails":
            return None
        return run.fault.message

    def before_object_call(self, run_id: str | None, operation: str) -> None:
        """Where the fault `killed` strikes: at the run's first write, or shortly after its first read."""
        run = self.run_of(run_id)
        if run is None or not run.is_doomed:
            return
        if operation in ("PutObject", "CreateMultipartUpload", "UploadPart", "CopyObject"):
            self.runner.kill(run)
            raise ReplyLost
        if operation == "GetObject":
            run.is_doomed = False
            self.runner.doom_after_read(run)

    def stage_spark(self, run_id: str) -> int:
        """Stages the run's bucket for Spark; the number of objects. Raises KeyError for an unknown run."""
        run = self._runs[run_id]
        if run.staged is None:
            raise KeyError(run_id)
        return run.staged.stage()

    def described_run(self, run: JobRun) -> dict[str, Any]:
        """As in GetJobRun."""
        definition = self._jobs[run.job].definition if run.job in self._jobs else {}
        ended = run.completed_on
        return {
            "Id": run.id,
            "Attempt": 0,
            "JobName": run.job,
            "TriggerName": run.trigger,
            "StartedOn": run.started_on,
            "LastModifiedOn": run.modified_on or run.started_on,
            "CompletedOn": ended,
            "JobRunState": run.state,
            "Arguments": run.arguments,
            "ErrorMessage": run.error,
            "PredecessorRuns": [],
            "ExecutionTime": round((ended - run.started_on).total_seconds()) if ended else 0,
            "Timeout": run.timeout_minutes,
            "LogGroupName": GROUP,
            "GlueVersion": definition.get("GlueVersion"),
            "WorkerType": definition.get("WorkerType"),
            "NumberOfWorkers": definition.get("NumberOfWorkers"),
        }

    def _run(self, run: JobRun, definition: dict[str, Any]) -> None:
        def on_running() -> None:
            with self._lock:
                if run.state == "STARTING":
                    run.state, run.modified_on = "RUNNING", self.now()

        try:
            state, error = self.runner.run(run, definition, on_running)
        except Exception as failed:  # the emulator's own failure is the run's ERROR, never silent
            state, error = "ERROR", f"{type(failed).__name__}: {failed}"
            traceback.print_exc()
        self._keep_log(run, error)
        with self._lock:
            run.state, run.error, run.completed_on = state, error, self.now()
            run.modified_on = run.completed_on
            callbacks = self._callbacks.pop(run.id, [])
        for callback in callbacks:
            callback()
        for listener in self.on_end:
            listener(run)
        self.bus.publish(
            source="aws.glue",
            detail_type="Glue Job State Change",
            resources=[],
            detail={
                "jobName": run.job,
                "severity": _SEVERITY.get(state, "ERROR"),
                "state": state,
                "jobRunId": run.id,
                "message": error or f"Job run {state.lower()}",
            },
            region=self.clients.region,
        )

    def _keep_log(self, run: JobRun, error: str | None) -> None:
        """Before the run counts as ended, so that who hears of its end finds its log."""
        try:
            self.logs.keep(run.id, error=error)
        except Exception:  # a log that can't be kept must not change how the run ended
            traceback.print_exc()

    def _get_run(self, job: str, run_id: str) -> JobRun:
        for run in self._jobs[job].runs:
            if run.id == run_id:
                return run
        raise AwsError("EntityNotFoundException", f"Job run {run_id} of {job} not found")


def _check_definition(definition: dict[str, Any]) -> None:
    if definition.get("MaxRetries"):
        raise AwsError("NotImplementedLocally", "MaxRetries other than 0 is not served by the local AWS")
    command = definition.get("Command", {})
    if command.get("Name") == "pythonshell":
        raise AwsError("NotImplementedLocally", "Python shell jobs are not served by the local AWS; only glueetl is")
    if command.get("Name") != "glueetl" or not command.get("ScriptLocation"):
        raise AwsError("InvalidInputException", "Command needs Name glueetl and a ScriptLocation")


def _described_job(job: JobDefinition) -> dict[str, Any]:
    described = {name: value for name, value in job.definition.items() if name != "Tags"}
    return {**described, "CreatedOn": job.created, "LastModifiedOn": job.modified}
