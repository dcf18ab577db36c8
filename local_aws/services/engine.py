"""What an engine is: an object whose marked methods serve operations of one AWS service.

In: validated parameters and the caller. Out: an output as the service's model has it, or an `AwsError`.
Engines know nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from local_aws.wire.errors import AwsError, NotImplementedLocally

Method = TypeVar("Method", bound=Callable[..., Any])
Operation = Callable[[dict[str, Any], "Caller"], dict[str, Any] | None]


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who calls: a role's ARN or "lab" (the operator), and for whom (`run_id` of the job run that holds the key)."""

    role: str
    region: str
    account: str
    access_key: str
    run_id: str | None = None


class HasOperations(Protocol):
    """Part of a service; several parts may make up one."""

    service: str


Resource = TypeVar("Resource")


class Resources(dict[str, Resource]):
    """Resources of one kind by name; to ask for one that is not there raises the service's own error.

    `text` is the error's message, with {} for the name; `status` the HTTP status.
    """

    def __init__(self, code: str, text: str, *, status: int = 400) -> None:
        super().__init__()
        self._error = (code, text, status)

    def __missing__(self, name: str) -> Resource:
        code, text, status = self._error
        raise AwsError(code, text.format(name), status=status)


def serves(*operations: str) -> Callable[[Method], Method]:
    """Marks a method as serving operations, by their names in the service's model."""

    def mark(method: Method) -> Method:
        method.operations = operations  # type: ignore[attr-defined]
        return method

    return mark


class Engines:
    """Every operation that is served here, by (service, operation)."""

    def __init__(self, *, parts: list[HasOperations]) -> None:
        self._operations: dict[tuple[str, str], Operation] = {}
        for part in parts:
            for name in dir(type(part)):
                method = getattr(part, name)
                for operation in getattr(method, "operations", ()):
                    self._operations[(part.service, operation)] = method

    def has(self, service: str, operation: str) -> bool:
        """Whether an engine serves it."""
        return (service, operation) in self._operations

    def served(self) -> list[tuple[str, str]]:
        """Every (service, operation) that an engine serves."""
        return sorted(self._operations)

    def call(self, service: str, operation: str, parameters: dict[str, Any], caller: Caller) -> dict[str, Any] | None:
        """Raises NotImplementedLocally for an operation that no engine serves."""
        serving = self._operations.get((service, operation))
        if serving is None:
            raise NotImplementedLocally(service, operation)
        return serving(parameters, caller)
