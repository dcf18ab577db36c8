"""Small state machines for the interpreter's own tests: builders, a task seam that answers from a script, a runner.

In: states and scripted answers. Out: executions that have run on a virtual clock. Holds no recorded data.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local_aws.asl import Execution, TaskError, parse
from local_aws.clocks.clock import VirtualClock

START = datetime(2026, 1, 1, tzinfo=UTC)
JOB = "arn:aws:states:::glue:startJobRun.sync"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:probe"


class Script:
    """A task seam: per state, the next answer of its list (the last one for ever). Exceptions are raised.

    A callable answer is called with (clock, cancelled) and its result is the answer.
    """

    def __init__(self, clock: VirtualClock, answers: dict[str, list[Any]]) -> None:
        self._clock = clock
        self._answers = {name: list(each) for name, each in answers.items()}
        self._lock = threading.Lock()
        self.calls: list[tuple[str, Any, datetime]] = []

    def __call__(
        self,
        resource: str,
        parameters: Any,
        *,
        state_name: str,
        timeout_seconds: float | None,
        heartbeat: float | None,
        cancelled: threading.Event,
        submitted: Callable[[Any], None],
    ) -> Any:
        with self._lock:
            self.calls.append((state_name, parameters, self._clock.now()))
            answers = self._answers.get(state_name, [{}])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if resource.endswith(".sync"):
            submitted({"JobRunId": "jr_1"})
        if callable(answer):
            answer = answer(self._clock, cancelled)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def names(self) -> list[str]:
        return [name for name, _, _ in self.calls]

    def seconds(self) -> list[float]:
        return [(moment - START).total_seconds() for _, _, moment in self.calls]


def machine(start_at: str, **states: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": start_at, "States": states}


def task(resource: str = JOB, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, **({} if "Next" in fields else {"End": True}), **fields}


def sleeps(seconds: float, answer: Any = None) -> Callable[..., Any]:
    """An answer that comes after so many virtual seconds (or never, once nobody waits any more)."""

    def work(clock: VirtualClock, cancelled: threading.Event) -> Any:
        if clock.sleep(seconds, until=cancelled):
            return TaskError("Probe.Cancelled", "nobody waits any more")
        return answer

    return work


class Trial:
    """An execution of a definition with a scripted seam."""

    def __init__(
        self, definition: dict[str, Any], input: Any = None, *, event_limit: int = 25_000, seed: int = 7,
        **answers: list[Any],
    ) -> None:  # fmt: skip
        self.clock = VirtualClock(start=START)
        self.tasks = Script(self.clock, answers)
        self.execution = Execution(
            machine=parse(definition),
            input={} if input is None else input,
            tasks=self.tasks,
            clock=self.clock,
            rng=random.Random(seed),
            event_limit=event_limit,
        )

    def run(self) -> Any:
        return self.execution.run()

    def seconds(self) -> float:
        return (self.clock.now() - START).total_seconds()

    def types(self) -> list[str]:
        return [event["type"] for event in self.execution.history]

    def details(self, kind: str) -> list[dict[str, Any]]:
        return [
            next((value for key, value in event.items() if key.endswith("EventDetails")), {})
            for event in self.execution.history
            if event["type"] == kind
        ]


def run(definition: dict[str, Any], input: Any = None, **answers: list[Any]) -> Any:
    """The outcome of one run."""
    return Trial(definition, input, **answers).run()


def pass_output(parameters: Any, input: Any) -> Any:
    """What a lone Pass state makes of its Parameters."""
    outcome = run(machine("P", P={"Type": "Pass", "Parameters": parameters, "End": True}), input)
    assert outcome.status == "SUCCEEDED", outcome
    return json.loads(json.dumps(outcome.output))
