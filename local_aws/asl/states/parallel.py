"""The Parallel state.

In: a visit. Out: the list of its branches' outputs, or the error of the first branch that failed, unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws.asl.runtime.branch import Checkpoint, Sequence
from local_aws.asl.runtime.children import Children
from local_aws.asl.runtime.visit import StateResult, Visit

RunSequence = Callable[..., Any]


def run_parallel(visit: Visit, run_sequence: RunSequence) -> StateResult:
    """Run all branches at once."""
    value = visit.effective_input()
    return visit.attempt(lambda: _attempt(visit, value, run_sequence), failed_event="ParallelStateFailed")


def _attempt(visit: Visit, value: Any, run_sequence: RunSequence) -> list[Any]:
    branch, definitions = visit.branch, visit.state["Branches"]
    given = visit.evaluate(visit.state["Parameters"], value) if "Parameters" in visit.state else value
    branches = Children(visit=visit, count=len(definitions), at_once=len(definitions))

    def run(number: int, resume: Checkpoint | None, previous: int) -> int:
        sequence = Sequence(start_at=definitions[number]["StartAt"], states=definitions[number]["States"])
        inner = branch.inner(sequence=sequence, group=branches.group, map_context=branch.map_context)
        inner.previous = previous
        try:
            output = run_sequence(inner, given, resume=resume)
        except BaseException:
            branches.failed(number, inner)
            raise
        finally:
            inner.cancellation.release()
        branches.ended(number, output, inner.previous)
        return inner.previous

    return branches.run(run, name=f"branch of {visit.name}")
