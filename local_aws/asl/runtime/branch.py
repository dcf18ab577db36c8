"""One sequence of states: the execution itself, a branch of a Parallel state or an iteration of a Map state.

In: states, an input, variables of the enclosing scope. Out: the last state's output, or the failure that ended it.
The states do their work in states/; what all branches of one execution share is in `Run`.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from local_aws.asl.runtime.cancellation import Cancellation
from local_aws.asl.runtime.history import History
from local_aws.asl.runtime.intrinsics import IntrinsicRunner
from local_aws.clocks.clock import Signal, VirtualClock


class TaskRunner(Protocol):
    """The seam to the services: does one attempt of a Task state and returns its result as a JSON value.

    resource         the state's Resource, e.g. `arn:aws:states:::glue:startJobRun.sync`
    parameters       the evaluated Parameters (or the state's input where there are none)
    timeout_seconds  the state's TimeoutSeconds, None where it has none; the interpreter enforces it
    heartbeat        the state's HeartbeatSeconds or None; the interpreter does not enforce it (only activities
                     and callbacks send heartbeats, and neither runs here)
    cancelled        set when nobody waits for the answer any more; stop what was started and return or raise
    submitted        call it with the start call's answer once a `.sync` job was accepted (TaskSubmitted)

    Raises `TaskError` for a failure of the work. It blocks in `clock.sleep(..., until=cancelled)` or inside
    `clock.working()`; anything else it raises ends the execution with States.Runtime.
    """

    def __call__(
        self,
        resource: str,
        parameters: Any,
        *,
        state_name: str,
        timeout_seconds: float | None,
        heartbeat: float | None,
        cancelled: Signal,
        submitted: Callable[[Any], None],
    ) -> Any: ...


@dataclass(kw_only=True)
class Run:
    """What all branches of one execution share."""

    history: History
    clock: VirtualClock
    tasks: TaskRunner
    rng: random.Random
    functions: IntrinsicRunner
    context: dict[str, Any]
    region: str
    transitions: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count_transition(self) -> None:
        """One billable state transition: a state entered, retried or redriven."""
        with self._lock:
            self.transitions += 1


@dataclass(frozen=True)
class Done:
    """A branch or iteration that finished, with its result."""

    output: Any


@dataclass
class Checkpoint:
    """Where a branch was when it ended, so that a redrive can go on: a state that was entered and not left.

    `children` is keyed by branch or item number.
    """

    name: str
    input: Any
    variables: dict[str, Any]
    entered: int
    children: dict[int, Done | Checkpoint] = field(default_factory=dict[int, "Done | Checkpoint"])


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """States and the first of them, as a definition, a branch or an item processor has them."""

    start_at: str
    states: Mapping[str, Mapping[str, Any]]


@dataclass(kw_only=True)
class Branch:
    """A running sequence; `previous` is the id of the event that its next event follows."""

    run: Run
    sequence: Sequence
    cancellation: Cancellation
    previous: int
    variables: dict[str, Any]
    map_context: dict[str, Any]
    checkpoint: Checkpoint | None = None

    def add(self, kind: str, **details: Any) -> int:
        """Append an event to the history; the branch's next event follows it."""
        self.previous = self.run.history.add(kind, previous=self.previous, **details)
        return self.previous

    def add_aside(self, kind: str, **details: Any) -> int:
        """Append an event that the branch's next event does not follow."""
        return self.run.history.add(kind, previous=self.previous, **details)

    def sleep(self, seconds: float) -> None:
        """Wait on the execution's clock; `Halted` when asked to stop meanwhile."""
        self.run.clock.sleep(seconds, until=self.cancellation.signal)
        self.cancellation.check()

    def inner(self, *, sequence: Sequence, group: Cancellation, map_context: dict[str, Any]) -> Branch:
        """A branch inside: sees this one's variables, keeps its own assignments to itself."""
        return Branch(
            run=self.run,
            sequence=sequence,
            cancellation=Cancellation(clock=self.run.clock, parent=group),
            previous=self.previous,
            variables=dict(self.variables),
            map_context=map_context,
        )
