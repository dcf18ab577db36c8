"""The history events of a task: LambdaFunction* for a function's ARN, Task* for a service integration.

In: a branch and a resource. Out: events. The names of the service (`service`) also stand in size failures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

from local_aws.asl.runtime.branch import Branch
from local_aws.asl.runtime.errors import TIMEOUT, StatesError
from local_aws.asl.runtime.history import present

INTEGRATION = re.compile(r"arn:aws[\w-]*:states:[^:]*:[^:]*:(?P<service>.+):(?P<action>[^:]+)\Z")
FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:[^:]+:[^:]*:function:[\w:$-]+\Z")


class TaskEvents(Protocol):
    """What a task's attempt writes, in this order; `failed` also for a timeout."""

    service: str

    def scheduled(self, parameters: Any, **limits: Any) -> None: ...

    def started(self) -> None: ...

    def submitted(self, output: Any) -> None: ...

    def succeeded(self, output: Any) -> None: ...

    def failed(self, failure: StatesError) -> None: ...


def events_for(branch: Branch, resource: str) -> TaskEvents:
    """The writer for a resource that the definition checks let through."""
    match = INTEGRATION.match(resource)
    if match is None:
        return FunctionEvents(branch=branch, service=resource)
    return IntegrationEvents(branch=branch, service=match["service"], action=match["action"])


@dataclass(kw_only=True)
class FunctionEvents:
    """Events of `arn:aws:lambda:...`."""

    branch: Branch
    service: str

    def scheduled(self, parameters: Any, **limits: Any) -> None:
        limits.pop("heartbeatInSeconds", None)
        self.branch.add("LambdaFunctionScheduled", resource=self.service, input=parameters, **limits)

    def started(self) -> None:
        self.branch.add("LambdaFunctionStarted")

    def submitted(self, output: Any) -> None:
        """Functions are not submitted."""

    def succeeded(self, output: Any) -> None:
        self.branch.add("LambdaFunctionSucceeded", output=output)

    def failed(self, failure: StatesError) -> None:
        kind = "LambdaFunctionTimedOut" if failure.error == TIMEOUT else "LambdaFunctionFailed"
        self.branch.add(kind, error=present(failure.error), cause=present(failure.cause))


@dataclass(kw_only=True)
class IntegrationEvents:
    """Events of `arn:aws:states:::service:action`."""

    branch: Branch
    service: str
    action: str

    def _add(self, kind: str, **details: Any) -> None:
        self.branch.add(kind, resourceType=self.service, resource=self.action, **details)

    def scheduled(self, parameters: Any, **limits: Any) -> None:
        self._add("TaskScheduled", region=self.branch.run.region, parameters=parameters, **limits)

    def started(self) -> None:
        self._add("TaskStarted")

    def submitted(self, output: Any) -> None:
        self._add("TaskSubmitted", output=output)

    def succeeded(self, output: Any) -> None:
        self._add("TaskSucceeded", output=output)

    def failed(self, failure: StatesError) -> None:
        kind = "TaskTimedOut" if failure.error == TIMEOUT else "TaskFailed"
        self._add(kind, error=present(failure.error), cause=present(failure.cause))
