"""The history events of a task: LambdaFunction* for a function's ARN, Task* for a service integration."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from local_aws.asl.runtime.branch import Branch
from local_aws.asl.runtime.errors import TIMEOUT, StatesError
from local_aws.asl.runtime.history import present

INTEGRATION = re.compile(r"arn:aws[\w-]*:states:[^:]*:[^:]*:(?P<service>.+):(?P<action>[^:]+)\Z")
FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:[^:]+:[^:]*:function:[\w:$-]+\Z")


def events_for(branch: Branch, resource: str) -> TaskEvents:
    """The writer for a resource that the definition checks let through."""
    match = INTEGRATION.match(resource)
    if match is None:
        return TaskEvents(branch=branch, service=resource)
    return TaskEvents(branch=branch, service=match["service"], action=match["action"])


@dataclass(kw_only=True)
class TaskEvents:
    """What a task's attempt writes, in this order; `failed` also for a timeout.

    `service` also stands in size failures; it is the ARN of a function, which has no `action`.
    """

    branch: Branch
    service: str
    action: str | None = None

    def scheduled(self, parameters: Any, **limits: Any) -> None:
        if self.action is None:
            limits.pop("heartbeatInSeconds", None)
            self.branch.add("LambdaFunctionScheduled", resource=self.service, input=parameters, **limits)
        else:
            self._add("Scheduled", region=self.branch.run.region, parameters=parameters, **limits)

    def started(self) -> None:
        self._add("Started")

    def submitted(self, output: Any) -> None:
        """Functions are not submitted."""
        if self.action is not None:
            self._add("Submitted", output=output)

    def succeeded(self, output: Any) -> None:
        self._add("Succeeded", output=output)

    def failed(self, failure: StatesError) -> None:
        kind = "TimedOut" if failure.error == TIMEOUT else "Failed"
        self._add(kind, error=present(failure.error), cause=present(failure.cause))

    def _add(self, kind: str, **details: Any) -> None:
        if self.action is None:
            self.branch.add(f"LambdaFunction{kind}", **details)
        else:
            self.branch.add(f"Task{kind}", resourceType=self.service, resource=self.action, **details)
