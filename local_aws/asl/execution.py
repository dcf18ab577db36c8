"""One execution of a state machine: started once, perhaps stopped, perhaps redriven.

In: a state machine, an input, the task seam and a clock. Out: an outcome, the event history, billable transitions.
It starts no service, stores nothing, and knows no API: the Step Functions service of local_aws does.

    outcome = Execution(machine=parse(text), input={"a": 1}, tasks=seam, clock=VirtualClock()).run()
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from local_aws.asl.definition import StateMachine
from local_aws.asl.runtime.branch import Branch, Checkpoint, Run, Sequence, TaskRunner
from local_aws.asl.runtime.cancellation import Cancellation
from local_aws.asl.runtime.errors import DATA_LIMIT_EXCEEDED, RUNTIME, Halted, NotRedrivable, StatesError
from local_aws.asl.runtime.history import EVENT_LIMIT, History, HistoryLimitReached, present
from local_aws.asl.runtime.intrinsics import IntrinsicRunner
from local_aws.asl.runtime.json_text import is_too_large
from local_aws.asl.runtime.outcome import Aborted, Failed, Outcome, Succeeded, TimedOut
from local_aws.asl.runtime.timestamps import format_timestamp
from local_aws.asl.sequence import run_sequence
from local_aws.clocks.clock import Signal, VirtualClock

DEFAULT_REGION = "us-east-1"


class Execution:
    """`run()` blocks until the end and may be called once; everything else is safe from any thread.

    `context` overrides parts of the context object: {"Execution": {"Id", "Name", "RoleArn"}, "StateMachine":
    {"Id", "Name"}}. `rng` is the source of jitter, UUIDs and random numbers: seed it to repeat a run.
    """

    def __init__(
        self,
        *,
        machine: StateMachine,
        input: Any,
        tasks: TaskRunner,
        clock: VirtualClock,
        context: Mapping[str, Mapping[str, Any]] | None = None,
        rng: random.Random | None = None,
        region: str = DEFAULT_REGION,
        event_limit: int = EVENT_LIMIT,
    ) -> None:
        self.machine = machine
        self.input = input
        self.started_at: datetime | None = None
        self.stopped_at: datetime | None = None
        self.redrive_count = 0
        self._clock = clock
        self._lock = threading.Lock()
        self._outcome: Outcome | None = None
        self._checkpoint: Checkpoint | None = None
        self._halt: Aborted | TimedOut | None = None
        self._cancellation = Cancellation(clock=clock)
        self._last_event = 0
        rng = rng or random.Random()  # noqa: S311
        self._run = Run(
            history=History(clock=clock, limit=event_limit),
            clock=clock,
            tasks=tasks,
            rng=rng,
            functions=IntrinsicRunner(rng=rng),
            context=_context(input, context or {}),
            region=region,
        )

    @property
    def status(self) -> str:
        """RUNNING (also before the start), SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
        return "RUNNING" if self._outcome is None else self._outcome.status

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None while it runs."""
        return self._outcome

    @property
    def history(self) -> list[dict[str, Any]]:
        """The events so far, in the shape of GetExecutionHistory, each with the extra key `wall` (real time)."""
        return self._run.history.events()

    @property
    def transitions(self) -> int:
        """Billable state transitions so far: states entered or redriven, and retries."""
        return self._run.transitions

    def run(self) -> Outcome:
        """Execute from the start; returns how it ended and never raises for a failure of the state machine."""
        with self._lock:
            if self.started_at is not None:
                raise RuntimeError("An execution runs once; use reopen() to go on after a failure")
            self.started_at = self._clock.now()
        self._run.context["Execution"]["StartTime"] = format_timestamp(self.started_at)
        role = self._run.context["Execution"]["RoleArn"]
        self._run.history.add("ExecutionStarted", previous=0, input=self.input, roleArn=role)
        return self._drive(previous=0, resume=None)

    def reopen(self) -> Callable[[], Outcome]:
        """RedriveExecution: puts the status back to RUNNING; call the result to go on. Raises `NotRedrivable`.

        It goes on from the states that did not finish, with the inputs they had: finished states, branches and
        iterations keep their results, retries count afresh.
        """
        with self._lock:
            if self._outcome is None or isinstance(self._outcome, Succeeded) or self._checkpoint is None:
                raise NotRedrivable(f"Only a failed, stopped or timed out execution is redriven, not {self.status}")
            if len(self._run.history) >= self._run.history.limit - 1:
                raise NotRedrivable("The event history is full")
            resume, self._checkpoint = self._checkpoint, None
            self._outcome = self._halt = self.stopped_at = None
            self._cancellation = Cancellation(clock=self._clock)
            self.redrive_count += 1
        execution = self._run.context["Execution"]
        execution["RedriveCount"] = self.redrive_count
        execution["RedriveTime"] = format_timestamp(self._clock.now())
        previous = self._run.history.add(
            "ExecutionRedriven", previous=self._last_event, redriveCount=self.redrive_count
        )
        return lambda: self._drive(previous=previous, resume=resume)

    def stop(self, error: str | None = None, cause: str | None = None) -> None:
        """Ask the execution to stop; the outcome will be `Aborted`. No effect once it has ended."""
        self._request_halt(Aborted(error=error, cause=cause))

    def _request_halt(self, reason: Aborted | TimedOut) -> None:
        with self._lock:
            if self._outcome is not None or self._halt is not None:
                return
            self._halt = reason
            cancellation = self._cancellation
        cancellation.set()

    def _drive(self, *, previous: int, resume: Checkpoint | None) -> Outcome:
        ended = self._clock.event()
        with self._clock.participating():
            if self.machine.timeout_seconds is not None:
                self._clock.spawn(lambda: self._watch(self.machine.timeout_seconds, ended), name="execution timeout")
            try:
                return self._finish(previous, resume)
            finally:
                ended.set()

    def _watch(self, seconds: float | None, ended: Signal) -> None:
        if not self._clock.sleep(seconds, until=ended):
            self._request_halt(TimedOut())

    def _finish(self, previous: int, resume: Checkpoint | None) -> Outcome:
        branch = Branch(
            run=self._run,
            sequence=Sequence(start_at=self.machine.start_at, states=self.machine.states),
            cancellation=self._cancellation,
            previous=previous,
            variables={},
            map_context={},
        )
        outcome = self._attempt(branch, resume)
        self._last_event = self._write_end(outcome, branch.previous)
        with self._lock:
            self._checkpoint = branch.checkpoint
            self.stopped_at = self._clock.now()
            self._outcome = outcome
        return outcome

    def _attempt(self, branch: Branch, resume: Checkpoint | None) -> Outcome:
        try:
            if is_too_large(self.input):
                return Failed(error=DATA_LIMIT_EXCEEDED, cause="The input exceeds 262144 bytes.")
            return Succeeded(output=run_sequence(branch, self.input, resume=resume))
        except StatesError as failure:
            return Failed(error=failure.error, cause=failure.cause)
        except Halted:
            return self._halt or Aborted()
        except HistoryLimitReached:
            branch.checkpoint = None
            branch.previous = len(self._run.history)
            limit = self._run.history.limit
            return Failed(error=RUNTIME, cause=f"The execution reached the maximum number of history events ({limit}).")
        except Exception as defect:
            # A pollable failure instead of an execution that stays RUNNING for ever.
            return Failed(error=RUNTIME, cause=f"The local interpreter broke: {type(defect).__name__}: {defect}")

    def _write_end(self, outcome: Outcome, previous: int) -> int:
        history = self._run.history
        match outcome:
            case Succeeded(output=output):
                return history.add("ExecutionSucceeded", previous=previous, is_last=True, output=output)
            case Failed():
                kind = "ExecutionFailed"
            case TimedOut():
                kind = "ExecutionTimedOut"
            case Aborted():
                kind = "ExecutionAborted"
        return history.add(
            kind, previous=previous, is_last=True, error=present(outcome.error), cause=present(outcome.cause)
        )


def _context(input: Any, given: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    execution = {
        "Id": "arn:aws:states:us-east-1:000000000000:execution:local:local",
        "Input": input,
        "Name": "local",
        "RoleArn": "arn:aws:iam::000000000000:role/local",
        "StartTime": "",
        "RedriveCount": 0,
        **given.get("Execution", {}),
    }
    state_machine = {
        "Id": "arn:aws:states:us-east-1:000000000000:stateMachine:local",
        "Name": "local",
        **given.get("StateMachine", {}),
    }
    return {"Execution": execution, "StateMachine": state_machine}
