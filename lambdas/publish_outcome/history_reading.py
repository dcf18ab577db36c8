"""Reads from an execution's history where it stood when it ended, and whether it had published its outcome.

Flows in: the events as GetExecutionHistory gives them, oldest first. Asks nothing of AWS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.steps import Pipeline

Events = Sequence[Mapping[str, Any]]


def this_start(events: Events) -> Events:
    """What happened since the execution was last redriven, or since its start."""
    redrives = [at for at, event in enumerate(events) if event["type"] == "ExecutionRedriven"]
    return events[redrives[-1] :] if redrives else events


def has_published(events: Events) -> bool:
    """Whether the publisher answered to a step of the execution's own; its only Lambda tasks are those."""
    return any(event.get("taskSucceededEventDetails", {}).get("resourceType") == "lambda" for event in events)


def unfinished_step(events: Events, pipeline: Pipeline) -> str | None:
    """The first step, in the pipeline's order, of a state that was entered and not left; else of the last entered."""
    open_states: Counter[str] = Counter()
    last = None
    for event in events:
        if entered := event.get("stateEnteredEventDetails"):
            open_states[entered["name"]] += 1
            last = entered["name"]
        elif left := event.get("stateExitedEventDetails"):
            open_states[left["name"]] -= 1
    standing = {_step_of(name) for name, times in open_states.items() if times > 0 and not _joins(name)}
    # A parallel state's name joins its steps' names: which of them stood follows from the states within.
    standing = standing or ({_step_of(last)} if last else set())
    return next((step.name for step in pipeline.steps if step.name in standing), None)


def last_words(events: Events) -> tuple[str | None, str | None]:
    """Error and cause that the execution ended with, the cause as it stands there."""
    if not events:
        return None, None
    details: dict[str, Any] = next(
        (value for name, value in events[-1].items() if name.startswith("execution") and name.endswith("Details")), {}
    )
    return details.get("error"), details.get("cause") or None


def _step_of(state: str) -> str:
    return state.partition(" ")[0]


def _joins(state: str) -> bool:
    return " and " in state
