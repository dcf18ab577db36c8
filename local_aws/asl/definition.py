"""A state machine's definition, parsed and checked.

In: ASL as JSON text or as a dict. Out: a `StateMachine`, or `InvalidDefinition` with every problem found.
The checks themselves are in checks.py (states and their fields) and field_checks.py (values of single fields).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.asl.checks import check_machine
from local_aws.asl.runtime.errors import InvalidDefinition
from local_aws.asl.runtime.json_types import is_object


@dataclass(frozen=True, kw_only=True)
class StateMachine:
    """A definition that has passed the checks; `timeout_seconds` is its own TimeoutSeconds."""

    start_at: str
    states: Mapping[str, Mapping[str, Any]]
    timeout_seconds: int | None = None

    @property
    def resources(self) -> frozenset[str]:
        """The Resource of every Task, nested ones included: what the seam will be asked for."""
        return frozenset(_resources(self.states))


def parse(definition: str | dict[str, Any]) -> StateMachine:
    """Check a definition; raises `InvalidDefinition` with AWS-style messages.

    What AWS has and this interpreter has not (JSONata, distributed Map, callbacks, activities...) is refused with
    the code NOT_IMPLEMENTED_LOCALLY.
    """
    if isinstance(definition, str):
        try:
            definition = json.loads(definition)
        except ValueError as failure:
            raise InvalidDefinition([f"INVALID_JSON_DESCRIPTION: {failure}"]) from failure
    if not is_object(definition):
        raise InvalidDefinition(["SCHEMA_VALIDATION_FAILED: A definition is a JSON object at /"])
    problems = check_machine(definition)
    if problems:
        raise InvalidDefinition(problems)
    return StateMachine(
        start_at=definition["StartAt"],
        states=definition["States"],
        timeout_seconds=definition.get("TimeoutSeconds"),
    )


def _resources(states: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for state in states.values():
        if state["Type"] == "Task":
            yield state["Resource"]
        processor = state.get("ItemProcessor") or state.get("Iterator")
        for inner in [*state.get("Branches", ()), *([processor] if processor else ())]:
            yield from _resources(inner["States"])
