"""The Parallel state.

In: a visit. Out: the list of its branches' outputs, or the error of the first branch that failed, unchanged.
A redriven visit runs only the branches that had not finished.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local_aws.asl.runtime.branch import Branch, Checkpoint, Done, Sequence
from local_aws.asl.runtime.visit import Step, Visit
from local_aws.asl.runtime.workers import Job, Workers

RunSequence = Callable[..., Any]


def run_parallel(visit: Visit, run_sequence: RunSequence) -> Step:
    """Run all branches at once."""
    value = visit.effective_input()
    return visit.attempt(lambda: _attempt(visit, value, run_sequence), failed_event="ParallelStateFailed")


def _attempt(visit: Visit, value: Any, run_sequence: RunSequence) -> Any:
    branch = visit.branch
    given = visit.evaluate(visit.state["Parameters"], value) if "Parameters" in visit.state else value
    finished = visit.take_children()
    if not visit.resumed or visit.retry_count:
        branch.add("ParallelStateStarted")
    definitions = visit.state["Branches"]
    workers = Workers(parent=branch, lanes=len(definitions))
    ends = LastEvent(parent=branch)

    def job(number: int, resume: Checkpoint | None) -> Job:
        def run(previous: int) -> int:
            inner = branch.inner(
                sequence=Sequence(start_at=definitions[number]["StartAt"], states=definitions[number]["States"]),
                group=workers.group,
                map_context=branch.map_context,
            )
            inner.previous = previous
            try:
                output = run_sequence(inner, given, resume=resume)
            except BaseException:
                visit.keep_child(number, inner)
                ends.note_failure(inner.previous)
                raise
            finally:
                inner.cancellation.release()
            visit.children[number] = Done(output)
            ends.note_success(inner.previous)
            return inner.previous

        return run

    jobs = [
        job(number, before if isinstance(before, Checkpoint) else None)
        for number in range(len(definitions))
        if not isinstance(before := finished.get(number), Done)
    ]
    try:
        workers.run(jobs, name=f"branch of {visit.name}")
    finally:
        ends.apply()
    branch.add_aside("ParallelStateSucceeded")
    return [_output(visit.children[number]) for number in range(len(definitions))]


def _output(child: Done | Checkpoint) -> Any:
    if not isinstance(child, Done):
        raise TypeError("A branch ended without an output and without a failure")
    return child.output


@dataclass(kw_only=True, eq=False)
class LastEvent:
    """Which event of its children the parent's next event follows: the first failure's, else the last one's."""

    parent: Branch
    _failed: int | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._succeeded = self.parent.previous

    def note_success(self, event: int) -> None:
        """A child ended with this event."""
        self._succeeded = event

    def note_failure(self, event: int) -> None:
        """A child failed (or was halted because of one that failed earlier) after this event."""
        if self._failed is None:
            self._failed = event

    def apply(self) -> None:
        """Move the parent on."""
        self.parent.previous = self._succeeded if self._failed is None else self._failed
