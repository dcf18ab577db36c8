"""Readings that must not cost a run its record: what can't be read is noted by name and left out.

Flows in: what to read and how. Flows out: the value, or the default and a problem.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lab.failures import is_connection_lost, named
from pipeline.errors import PipelineError

Value = TypeVar("Value")


class MeasurementFailed(PipelineError):
    """Something of a run could not be measured, so that its success is not proven."""


class Gauge:
    """One run's readings; after a lost connection nothing more is asked, since each try waits."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._is_lost = False

    def read(self, what: str, take: Callable[[], Value], *, default: Value) -> Value:
        if self._is_lost:
            return default
        try:
            return take()
        except Exception as error:  # whatever it is, the run's time, cost and outcome must still be written (I8)
            self.problems.append(f"{what}: {named(error)}")
            self._is_lost = is_connection_lost(error)
            return default

    @property
    def error(self) -> str | None:
        """All problems under one name; None if everything was read."""
        return str(MeasurementFailed("; ".join(self.problems))) if self.problems else None
