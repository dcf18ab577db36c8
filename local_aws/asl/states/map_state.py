"""The Map state, inline mode.

In: a visit. Out: the list of its iterations' outputs, in the order of the items.
One failed iteration fails the state with its own error, unless a tolerance is set; then the share of failures
decides (States.ExceedToleratedFailureThreshold), and a tolerated failure stands in the result as its Error and Cause.
The tolerance of an inline Map is this project's reading: AWS documents it for the distributed mode only.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from local_aws.asl.runtime.branch import Checkpoint, Sequence
from local_aws.asl.runtime.children import Children
from local_aws.asl.runtime.errors import TOLERANCE_EXCEEDED, Halted, StatesError, TerminalError
from local_aws.asl.runtime.json_text import dump
from local_aws.asl.runtime.json_types import is_array
from local_aws.asl.runtime.retries import error_output
from local_aws.asl.runtime.visit import StateResult, Visit, require
from local_aws.asl.states.parallel import RunSequence

_MOST_AT_ONCE = 40
"""An inline Map without MaxConcurrency runs up to 40 iterations at once (AWS developer guide, Map inline mode)."""


@dataclass(kw_only=True)
class _Tolerance:
    """How many iterations may fail; the counter is shared by all of them."""

    count: int | None
    percentage: float | None
    items: int
    failures: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def admits(self) -> bool:
        """Count one more failure; whether the state may go on."""
        if self.count is None and self.percentage is None:
            return False
        with self.lock:
            self.failures += 1
            within_count = self.count is None or self.failures <= self.count
            within_share = self.percentage is None or self.failures * 100 <= self.percentage * self.items
            return within_count and within_share

    @property
    def is_set(self) -> bool:
        return self.count is not None or self.percentage is not None


def run_map(visit: Visit, run_sequence: RunSequence) -> StateResult:
    """Run the item processor once per item."""
    value = visit.effective_input()
    path = visit.state.get("ItemsPath", "$")
    items = visit.scope(value).select(path)
    require(is_array(items), f'Reference path "{path}" must point to array.')
    at_once = min(_whole(visit, "MaxConcurrency", value) or _MOST_AT_ONCE, _MOST_AT_ONCE)
    return visit.attempt(
        lambda: _Iterations(visit=visit, value=value, items=items, run_sequence=run_sequence, at_once=at_once).run(),
        failed_event="MapStateFailed",
    )


class _Iterations:
    """One attempt at all items."""

    def __init__(self, *, visit: Visit, value: Any, items: list[Any], run_sequence: RunSequence, at_once: int) -> None:
        self._visit, self._value, self._items, self._run_sequence = visit, value, items, run_sequence
        processor = visit.state.get("ItemProcessor") or visit.state["Iterator"]
        self._sequence = Sequence(start_at=processor["StartAt"], states=processor["States"])
        self._children = Children(visit=visit, count=len(items), at_once=at_once)
        self._tolerance = _Tolerance(
            count=_whole(visit, "ToleratedFailureCount", value),
            percentage=_percentage(visit, value),
            items=len(items),
        )

    def run(self) -> list[Any]:
        return self._children.run(self._iterate, name=f"iteration of {self._visit.name}", length=len(self._items))

    def _iterate(self, number: int, resume: Checkpoint | None, previous: int) -> int:
        visit, children = self._visit, self._children
        item = {"Map": {"Item": {"Index": number, "Value": self._items[number]}}}
        branch = visit.branch.inner(
            sequence=self._sequence, group=children.group, map_context={**visit.branch.map_context, **item}
        )
        branch.previous = previous
        place = {"name": visit.name, "index": number}
        if resume is None:
            branch.add("MapIterationStarted", **place)
        try:
            output = self._run_sequence(branch, self._given(number, item), resume=resume)
        except Halted:
            children.failed(number, branch)
            branch.add_aside("MapIterationAborted", **place)
            raise
        except StatesError as failure:
            branch.add_aside("MapIterationFailed", **place)
            if not isinstance(failure, TerminalError) and self._tolerance.admits():
                children.ended(number, error_output(failure), branch.previous)
                return branch.previous
            children.failed(number, branch)
            if self._tolerance.is_set and not isinstance(failure, TerminalError):
                raise StatesError(
                    TOLERANCE_EXCEEDED, "The specified tolerated failure threshold was exceeded"
                ) from failure
            raise
        finally:
            branch.cancellation.release()
        children.ended(number, output, branch.add_aside("MapIterationSucceeded", **place))
        return branch.previous

    def _given(self, number: int, item: dict[str, Any]) -> Any:
        visit = self._visit
        template = visit.state.get("ItemSelector", visit.state.get("Parameters"))
        if template is None:
            return self._items[number]
        return visit.evaluate(template, self._value, extra_context=item)


def _whole(visit: Visit, name: str, value: Any) -> int | None:
    if f"{name}Path" not in visit.state:
        return visit.state.get(name)
    path = visit.state[f"{name}Path"]
    number = visit.scope(value).select(path)
    is_whole = isinstance(number, int) and not isinstance(number, bool)
    shown = number if isinstance(number, str) else dump(number)
    require(is_whole, f'The {name}Path field refers to value "{shown}" which is not a valid integer: {path}')
    require(int(number) >= 0, f"Expected non-negative integer for {name}, got '{number}' instead.")
    return int(number)


def _percentage(visit: Visit, value: Any) -> float | None:
    if "ToleratedFailurePercentagePath" not in visit.state:
        return visit.state.get("ToleratedFailurePercentage")
    path = visit.state["ToleratedFailurePercentagePath"]
    number = visit.scope(value).select(path)
    is_share = isinstance(number, int | float) and not isinstance(number, bool) and 0 <= number <= 100
    require(is_share, f"The ToleratedFailurePercentagePath field does not refer to a number from 0 to 100: {path}")
    return float(number)
