"""Faults by rule: `STEP:KIND[:N]` strikes the N-th attempt (default all) of a step's physical resource.

In: rules as text, and each start of a job, crawler or notification. Out: the fault that strikes this attempt, if any.
A resource belongs to a step if its name ends in `-<step>`, or in `-<step>-<suffix>` where the step is a verb_object.
Attempts are counted per step and calling role, so that each orchestrator meets the same faults. Carrying a fault out is
the engines' business.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from werkzeug.wrappers import Response

from local_aws.services.engine import Caller
from local_aws.wire.errors import AwsError, ReplyLost
from local_aws.wire.request import Incoming

KINDS = ("fails", "times_out", "throttled", "denied", "response_lost", "killed")
NOTIFY = "notify"
# A message is published or not: there is no process to kill and nothing to wait for.
_NOTIFY_KINDS = ("fails", "throttled", "denied", "response_lost")


class RuleRefused(ValueError):
    """A fault rule names an unknown step or kind, or is not of the form STEP:KIND[:N]."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`attempt` counts from 1; None strikes every attempt."""

    step: str
    kind: str
    attempt: int | None = None


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A rule that strikes this very attempt."""

    step: str
    kind: str
    attempt: int

    @property
    def message(self) -> str:
        """What logs and error messages say."""
        return f"InjectedFault: rule {self.step}:{self.kind} struck attempt {self.attempt}"

    def refuse(self, *, action: str, resource: str, throttling_code: str = "ThrottlingException") -> None:
        """Raises the wire's error for `throttled` and `denied`; other kinds pass."""
        if self.kind == "throttled":
            raise AwsError(throttling_code, f"Rate exceeded ({self.message})")
        if self.kind == "denied":
            text = f"not authorized to perform: {action} on resource: {resource} ({self.message})"
            raise AwsError("AccessDeniedException", text)


def parsed_rule(text: str, known_steps: Iterable[str]) -> Rule:
    """Raises RuleRefused naming what is wrong and what there is."""
    parts = text.split(":")
    if len(parts) not in (2, 3):
        raise RuleRefused(f"fault rule {text!r} is not STEP:KIND[:N], for example convert:fails:1")
    step, kind = parts[0], parts[1]
    steps = sorted({*known_steps, NOTIFY})
    if step not in steps:
        raise RuleRefused(f"fault rule {text!r}: no deployed resource carries step {step!r}; there are {steps}")
    kinds = _NOTIFY_KINDS if step == NOTIFY else KINDS
    if kind not in kinds:
        raise RuleRefused(f"fault rule {text!r}: kind {kind!r} is none of {list(kinds)}")
    if len(parts) == 2:
        return Rule(step=step, kind=kind)
    if not parts[2].isdecimal() or int(parts[2]) < 1:
        raise RuleRefused(f"fault rule {text!r}: N must be a number from 1, not {parts[2]!r}")
    return Rule(step=step, kind=kind, attempt=int(parts[2]))


def step_of(resource: str) -> str:
    """The step that a physical name carries: its last part, or the verb_object before it."""
    *_, before, last = ["", *resource.split("-")]
    return before if "_" in before and "_" not in last else last


class Faults:
    """The rules in force and the attempts seen since they were set."""

    def __init__(self, *, known_resources: Callable[[], Iterable[str]] = tuple) -> None:
        self.known_resources = known_resources
        self._rules: tuple[Rule, ...] = ()
        self._attempts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def set(self, texts: Iterable[str]) -> list[Rule]:
        """Replaces all rules and forgets the attempts; raises RuleRefused and changes nothing on a bad rule."""
        steps = {step_of(name) for name in self.known_resources()}
        rules = tuple(parsed_rule(text, steps) for text in texts)
        with self._lock:
            self._rules = rules
            self._attempts.clear()
        return list(rules)

    def strike(self, resource: str, role: str) -> Fault | None:
        """Counts one attempt of the resource's step; the fault that strikes it, or None."""
        return self._strike(step_of(resource), role)

    def strike_notification(self, role: str) -> Fault | None:
        """Counts one attempt to publish."""
        return self._strike(NOTIFY, role)

    def _strike(self, step: str, role: str) -> Fault | None:
        with self._lock:
            self._attempts[(step, role)] += 1
            attempt = self._attempts[(step, role)]
            for rule in self._rules:
                if rule.step == step and rule.attempt in (None, attempt):
                    return Fault(step=step, kind=rule.kind, attempt=attempt)
        return None


@dataclass(kw_only=True, eq=False)
class Notifications:
    """An interceptor of SNS calls: the rules of `notify` strike Publish on its way to moto."""

    faults: Faults

    def __call__(self, call: Incoming, caller: Caller, proceed: Callable[[], Response]) -> Response:
        if call.operation not in ("Publish", "PublishBatch"):
            return proceed()
        fault = self.faults.strike_notification(caller.role)
        if fault is None:
            return proceed()
        topic = str(call.parameters().get("TopicArn", ""))
        if fault.kind == "denied":
            text = f"not authorized to perform: SNS:Publish on resource: {topic} ({fault.message})"
            raise AwsError("AuthorizationError", text, status=403)
        if fault.kind == "throttled":
            raise AwsError("Throttling", f"Rate exceeded ({fault.message})")
        if fault.kind == "fails":
            # A 5xx is what SNS answers; the SDK's retries are attempts of their own, and are struck as well.
            raise AwsError("InternalError", fault.message, status=500)
        response = proceed()
        if fault.kind == "response_lost":
            raise ReplyLost
        return response
