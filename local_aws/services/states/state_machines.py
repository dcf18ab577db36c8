"""State machines and their executions.

In: Step Functions operations, and starts by EventBridge. Out: descriptions, histories. Standard type only; logging,
tracing and encryption settings are kept and shown. API timestamps are wall time, whatever the execution's own clock
says.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local_aws.asl import Execution, InvalidDefinition, NotRedrivable, StateMachine, Succeeded, parse
from local_aws.clocks.clock import Clocks, VirtualClock
from local_aws.services.bus import Bus
from local_aws.services.clients import Clients
from local_aws.services.engine import Caller, Resources, serves
from local_aws.services.states.integrations import Integrations, is_integration
from local_aws.wire.errors import AwsError

_KEPT = ("loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")


@dataclass
class Machine:
    """A definition as given and as parsed."""

    arn: str
    name: str
    definition: str
    parsed: StateMachine
    role: str
    created: datetime
    settings: dict[str, Any]
    revision: str


@dataclass
class Started:
    """An execution and what the API shows of it (wall time)."""

    arn: str
    name: str
    machine: Machine
    text: str
    execution: Execution
    clock: VirtualClock
    started: datetime
    stopped: datetime | None = None
    status: str = "RUNNING"
    virtual_started: datetime | None = None


@dataclass(kw_only=True, eq=False)
class StateMachines:
    """Executions run in threads that take part in their own virtual clock."""

    service = "states"

    clients: Clients
    bus: Bus
    clocks: Clocks
    now: Callable[[], datetime]
    on_job_end: Callable[[str, Callable[[], None]], None]
    _machines: Resources[Machine] = field(
        init=False, default_factory=lambda: Resources("StateMachineDoesNotExist", "State Machine Does Not Exist: '{}'")
    )
    _executions: Resources[Started] = field(
        init=False, default_factory=lambda: Resources("ExecutionDoesNotExist", "Execution Does Not Exist: '{}'")
    )
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)

    def skipped_seconds(self, arn: str) -> float | None:
        """How far the execution's clock ran ahead of the wall; None for an unknown ARN."""
        started = self._executions.get(arn)
        if started is None:
            return None
        virtual_end = started.execution.stopped_at or started.clock.now()
        virtual = (virtual_end - (started.virtual_started or virtual_end)).total_seconds()
        wall = ((started.stopped or self.now()) - started.started).total_seconds()
        return round(max(0.0, virtual - wall), 3)

    @serves("CreateStateMachine")
    def create(self, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        if parameters.get("type", "STANDARD") != "STANDARD":
            raise AwsError("NotImplementedLocally", "EXPRESS state machines are not served by the local AWS")
        arn = f"arn:aws:states:{caller.region}:{caller.account}:stateMachine:{parameters['name']}"
        parsed = _parsed(parameters["definition"])
        with self._lock:
            there = self._machines.get(arn)
            if there and (there.definition, there.role) != (parameters["definition"], parameters["roleArn"]):
                raise AwsError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
            if there is None:
                there = self._machines[arn] = Machine(
                    arn=arn,
                    name=parameters["name"],
                    definition=parameters["definition"],
                    parsed=parsed,
                    role=parameters["roleArn"],
                    created=self.now(),
                    settings={key: parameters[key] for key in _KEPT if key in parameters},
                    revision=str(uuid.uuid4()),
                )
        return {"stateMachineArn": arn, "creationDate": there.created}

    @serves("UpdateStateMachine")
    def update(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        machine = self._machines[parameters["stateMachineArn"]]
        if "definition" in parameters:
            machine.parsed = _parsed(parameters["definition"])
            machine.definition = parameters["definition"]
        machine.role = parameters.get("roleArn", machine.role)
        machine.settings.update({key: parameters[key] for key in _KEPT if key in parameters})
        machine.revision = str(uuid.uuid4())
        return {"updateDate": self.now(), "revisionId": machine.revision}

    @serves("DeleteStateMachine")
    def delete(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        self._machines.pop(parameters["stateMachineArn"], None)
        return {}

    @serves("DescribeStateMachine")
    def describe(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        machine = self._machines[parameters["stateMachineArn"]]
        return {
            "stateMachineArn": machine.arn,
            "name": machine.name,
            "status": "ACTIVE",
            "definition": machine.definition,
            "roleArn": machine.role,
            "type": "STANDARD",
            "creationDate": machine.created,
            "revisionId": machine.revision,
            **machine.settings,
        }

    @serves("ListStateMachines")
    def list_machines(self, _parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        shown = [
            {"stateMachineArn": one.arn, "name": one.name, "type": "STANDARD", "creationDate": one.created}
            for _, one in sorted(self._machines.items())
        ]
        return {"stateMachines": shown}

    @serves("StartExecution")
    def start_operation(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        machine = self._machines[parameters["stateMachineArn"]]
        started = self.start(machine.arn, parameters.get("input", "{}"), name=parameters.get("name"))
        return {"executionArn": started.arn, "startDate": started.started}

    def start(self, machine_arn: str, text: str, *, name: str | None = None) -> Started:
        """Raises InvalidExecutionInput, ExecutionAlreadyExists."""
        machine = self._machines[machine_arn]
        try:
            value = json.loads(text)
        except ValueError as error:
            raise AwsError("InvalidExecutionInput", f"Invalid State Machine Execution Input: {error}") from error
        name = name or str(uuid.uuid4())
        arn = f"{machine.arn.replace(':stateMachine:', ':execution:')}:{name}"
        with self._lock:
            there = self._executions.get(arn)
            if there is not None:
                if there.status == "RUNNING" and there.text == text:
                    return there
                raise AwsError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
            now = self.now()
            clock = self.clocks.start(now)
            seam = Integrations(clients=self.clients, role=machine.role, clock=clock, on_job_end=self.on_job_end)
            execution = Execution(
                machine=machine.parsed,
                input=value,
                tasks=seam,
                clock=clock,
                context={
                    "Execution": {"Id": arn, "Name": name, "RoleArn": machine.role},
                    "StateMachine": {"Id": machine.arn, "Name": machine.name},
                },
                region=self.clients.region,
            )
            started = Started(
                arn=arn,
                name=name,
                machine=machine,
                text=text,
                execution=execution,
                clock=clock,
                started=now,
                virtual_started=clock.now(),
            )
            self._executions[arn] = started
        self._publish(started)
        clock.spawn(lambda: self._drive(started, execution.run), name=f"execution {name}")
        return started

    @serves("StopExecution")
    def stop(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        started = self._executions[parameters["executionArn"]]
        started.execution.stop(parameters.get("error"), parameters.get("cause"))
        return {"stopDate": self.now()}

    @serves("RedriveExecution")
    def redrive(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        started = self._executions[parameters["executionArn"]]
        with self._lock:
            try:
                go_on = started.execution.reopen()
            except NotRedrivable as refused:
                raise AwsError("ExecutionNotRedrivable", str(refused)) from refused
            started.status, started.stopped = "RUNNING", None
        self._publish(started)
        started.clock.spawn(lambda: self._drive(started, go_on), name=f"redrive {started.name}")
        return {"redriveDate": self.now()}

    @serves("DescribeExecution")
    def describe_execution(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        started = self._executions[parameters["executionArn"]]
        shown = {
            "executionArn": started.arn,
            "stateMachineArn": started.machine.arn,
            "name": started.name,
            "status": started.status,
            "startDate": started.started,
            "stopDate": started.stopped,
            "input": started.text,
            "inputDetails": {"included": True},
            "redriveCount": started.execution.redrive_count,
            "redriveStatus": "REDRIVABLE" if started.status in ("FAILED", "TIMED_OUT", "ABORTED") else "NOT_REDRIVABLE",
        }
        outcome = started.execution.outcome
        if started.status == "SUCCEEDED" and isinstance(outcome, Succeeded):
            shown |= {"output": json.dumps(outcome.output), "outputDetails": {"included": True}}
        elif started.status != "RUNNING" and outcome is not None and not isinstance(outcome, Succeeded):
            shown |= {"error": outcome.error, "cause": outcome.cause}
        return shown

    @serves("ListExecutions")
    def list_executions(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        arn, wanted = parameters.get("stateMachineArn"), parameters.get("statusFilter")
        shown = [
            {
                "executionArn": one.arn,
                "stateMachineArn": one.machine.arn,
                "name": one.name,
                "status": one.status,
                "startDate": one.started,
                "stopDate": one.stopped,
                "redriveCount": one.execution.redrive_count,
            }
            for one in reversed(self._executions.values())
            if one.machine.arn == arn and wanted in (None, one.status)
        ]
        return {"executions": shown}

    @serves("GetExecutionHistory")
    def history(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        events = self._executions[parameters["executionArn"]].execution.history
        if parameters.get("reverseOrder"):
            events = events[::-1]
        return {"events": [_event(one) for one in events]}

    def _drive(self, started: Started, run: Callable[[], Any]) -> None:
        try:
            run()
        finally:
            with self._lock:
                started.stopped = self.now()
                started.status = started.execution.status
            self._publish(started)

    def _publish(self, started: Started) -> None:
        stopped = started.stopped
        outcome = started.execution.outcome
        self.bus.publish(
            source="aws.states",
            detail_type="Step Functions Execution Status Change",
            resources=[started.arn],
            detail={
                "executionArn": started.arn,
                "stateMachineArn": started.machine.arn,
                "name": started.name,
                "status": started.status,
                "startDate": int(started.started.timestamp() * 1000),
                "stopDate": int(stopped.timestamp() * 1000) if stopped else None,
                "input": started.text,
                "output": json.dumps(outcome.output) if isinstance(outcome, Succeeded) else None,
            },
            region=self.clients.region,
        )


def _parsed(definition: str) -> StateMachine:
    try:
        machine = parse(definition)
    except InvalidDefinition as refused:
        raise AwsError("InvalidDefinition", str(refused)) from refused
    unknown = sorted(one for one in machine.resources if not is_integration(one))
    if unknown:
        raise AwsError("InvalidDefinition", f"NOT_IMPLEMENTED_LOCALLY: no integration for {', '.join(unknown)}")
    return machine


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in event.items() if name != "wall"}
    return {**shown, "timestamp": event["wall"]}
