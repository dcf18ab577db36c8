"""How an execution ended.

Values only; `status` is the word that DescribeExecution uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Succeeded:
    """The last state was reached; `output` is its JSON value."""

    output: Any
    status: ClassVar[str] = "SUCCEEDED"


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A failure that nobody caught, or a Fail state; either part may be absent."""

    error: str | None = None
    cause: str | None = None
    status: ClassVar[str] = "FAILED"


@dataclass(frozen=True, kw_only=True)
class TimedOut:
    """The state machine's own TimeoutSeconds passed."""

    error: str | None = "States.Timeout"
    cause: str | None = None
    status: ClassVar[str] = "TIMED_OUT"


@dataclass(frozen=True, kw_only=True)
class Aborted:
    """Somebody stopped the execution."""

    error: str | None = None
    cause: str | None = None
    status: ClassVar[str] = "ABORTED"


Outcome = Succeeded | Failed | TimedOut | Aborted
