"""Errors that travel to the caller as AWS errors.

In: a code and a message from an engine. Out: the exception that `response.py` renders for the caller's protocol.
"""

from __future__ import annotations

from typing import Any


class AwsError(Exception):
    """An AWS error answer: `code` as in the service's model, `status` an HTTP status (4xx: SDKs do not retry).

    `details` are further members of the error as the service's model has them.
    """

    def __init__(self, code: str, message: str, *, status: int = 400, details: dict[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.details = details or {}


class NotImplementedLocally(AwsError):
    """An operation that this gateway does not serve: a loud 4xx, because an SDK would retry a 5xx and hide it."""

    def __init__(self, service: str, operation: str, *, detail: str = "") -> None:
        text = f"{service}:{operation} is not served by the local AWS"
        super().__init__("NotImplementedLocally", f"{text}; {detail}" if detail else f"{text}; run it against AWS")


class ReplyLost(Exception):
    """A fault rule: the call took effect and its answer must not reach the caller."""
