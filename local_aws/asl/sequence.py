"""Runs the states of a branch one after the other.

In: a branch with its first input, or the checkpoint to go on from. Out: the last state's output, or the failure.
States.Runtime failures get their place here; no Retry or Catch can touch them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws.asl.runtime.branch import Branch, Checkpoint
from local_aws.asl.runtime.errors import RUNTIME, Halted, StateRuntimeError, TerminalError
from local_aws.asl.runtime.visit import StateResult, Visit
from local_aws.asl.states.flow import run_choice, run_fail, run_pass, run_succeed, run_wait
from local_aws.asl.states.map_state import run_map
from local_aws.asl.states.parallel import run_parallel
from local_aws.asl.states.task import run_task

_WAITING_TYPES = ("Task", "Wait", "Parallel", "Map")


def run_sequence(branch: Branch, value: Any, *, resume: Checkpoint | None = None) -> Any:
    """Run a branch to its end; raises `StatesError`, `Halted` or `HistoryLimitReached`."""
    name: str | None = branch.sequence.start_at
    if resume is not None:
        name, value = resume.name, resume.input
        branch.variables = dict(resume.variables)
    while name is not None:
        branch.cancellation.check()
        visit = _enter(branch, name, value, resume)
        resume = None
        step = _stay(visit)
        name, value = step.next, step.output
    branch.checkpoint = None
    return value


def _enter(branch: Branch, name: str, value: Any, resume: Checkpoint | None) -> Visit:
    state = branch.sequence.states[name]
    branch.run.count_transition()
    if resume is None:
        entered, children = branch.add(f"{state['Type']}StateEntered", name=name, input=value), {}
    else:
        entered, children = resume.entered, resume.children
    branch.checkpoint = Checkpoint(
        name=name, input=value, variables=dict(branch.variables), entered=entered, children=children
    )
    return Visit(
        branch=branch,
        name=name,
        state=state,
        input=value,
        entered=entered,
        entered_time=branch.run.clock.now(),
        resumed=resume is not None,
        children=children,
    )


def _stay(visit: Visit) -> StateResult:
    kind = visit.state["Type"]
    try:
        return _HANDLERS[kind](visit)
    except StateRuntimeError as failure:
        raise TerminalError(RUNTIME, visit.placed(str(failure))) from failure
    except Halted:
        if kind in _WAITING_TYPES:
            visit.branch.add(f"{kind}StateAborted")
        raise


_HANDLERS: dict[str, Callable[[Visit], StateResult]] = {
    "Pass": run_pass,
    "Task": run_task,
    "Choice": run_choice,
    "Wait": run_wait,
    "Succeed": run_succeed,
    "Fail": run_fail,
    "Parallel": lambda visit: run_parallel(visit, run_sequence),
    "Map": lambda visit: run_map(visit, run_sequence),
}
