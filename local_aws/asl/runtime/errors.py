"""Failures of a state machine, as ASL names them.

In: an error name and a cause. Out: exceptions that travel from a state to its Retry and Catch fields, or past them.
Not here: failures of the pipeline itself (those are the task's own names, passed through unchanged).
"""

from __future__ import annotations

RUNTIME = "States.Runtime"
TIMEOUT = "States.Timeout"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"
TASK_FAILED = "States.TaskFailed"
ALL = "States.ALL"
DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded"
NO_CHOICE_MATCHED = "States.NoChoiceMatched"
INTRINSIC_FAILURE = "States.IntrinsicFailure"
RESULT_PATH_MATCH_FAILURE = "States.ResultPathMatchFailure"
TOLERANCE_EXCEEDED = "States.ExceedToleratedFailureThreshold"


class InvalidDefinition(ValueError):
    """A definition was refused; `problems` holds one `CODE: what at /path` each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"Invalid State Machine Definition: '{', '.join(problems)}'")


class NotRedrivable(RuntimeError):
    """The execution was not in a state from which AWS would redrive it."""


class StatesError(Exception):
    """A named failure that Retry and Catch see; `error` and `cause` are None where the definition gave none."""

    def __init__(self, error: str | None, cause: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.cause = cause


class TaskError(StatesError):
    """What the task seam raises when the work failed, named as the service does (`Glue.EntityNotFoundException`)."""


class TerminalError(StatesError):
    """A failure that no Retry or Catch may touch: it ends the execution (States.Runtime and the service limits)."""


class StateRuntimeError(Exception):
    """Something in a state could not be evaluated; the state that runs turns it into States.Runtime with its place."""


class PathNotFound(StateRuntimeError):
    """A JSONPath led nowhere; the message is the part after `Invalid path '...' : `."""


class Halted(Exception):
    """The branch was told to stop: a sibling failed, or the execution was stopped or timed out. Not a failure."""
