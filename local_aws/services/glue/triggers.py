"""Triggers: what starts what, when. Definitions and predicates only; firing is the workflow run's business.

In: trigger operations. Out: trigger definitions with their states, and whether a predicate holds for given outcomes.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.services.engine import Caller, Resources, serves
from local_aws.wire.errors import AwsError

# What an action came to: ("job" | "crawler", name) -> final state.
Outcomes = Mapping[tuple[str, str], str]
STARTING_TYPES = ("ON_DEMAND", "SCHEDULED", "EVENT")


@dataclass
class Trigger:
    """`definition` as in Trigger of the API; `state` CREATED (never started), ACTIVATED or DEACTIVATED."""

    definition: dict[str, Any]
    state: str

    @property
    def name(self) -> str:
        return self.definition["Name"]

    @property
    def actions(self) -> list[dict[str, Any]]:
        return self.definition["Actions"]

    def holds(self, outcomes: Outcomes) -> bool:
        """Whether the predicate is true of what has ended so far."""
        predicate = self.definition.get("Predicate", {})
        met = [_is_met(condition, outcomes) for condition in predicate.get("Conditions", [])]
        if not met:
            return False
        return any(met) if predicate.get("Logical") == "ANY" else all(met)

    def described(self) -> dict[str, Any]:
        """As in GetTrigger."""
        return {**self.definition, "State": self.state}


def node_of(part: Mapping[str, Any]) -> tuple[str, str]:
    """The job or crawler that an action or a condition names."""
    if part.get("JobName"):
        return "job", part["JobName"]
    return "crawler", part.get("CrawlerName", "")


def _is_met(condition: Mapping[str, Any], outcomes: Outcomes) -> bool:
    wanted = condition.get("State") or condition.get("CrawlState")
    return outcomes.get(node_of(condition)) == wanted


@dataclass(kw_only=True, eq=False)
class Triggers:
    """All triggers by name."""

    service = "glue"

    _triggers: Resources[Trigger] = field(
        init=False, default_factory=lambda: Resources("EntityNotFoundException", "Trigger with name: {} not found")
    )
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)

    def of_workflow(self, workflow: str) -> list[Trigger]:
        """The workflow's triggers, by name."""
        with self._lock:
            return [one for _, one in sorted(self._triggers.items()) if one.definition.get("WorkflowName") == workflow]

    @serves("CreateTrigger")
    def create(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            if parameters["Name"] in self._triggers:
                raise AwsError("AlreadyExistsException", f"Trigger {parameters['Name']} already exists")
            self._check(parameters)
            definition = {name: value for name, value in parameters.items() if name not in ("StartOnCreation", "Tags")}
            is_active = parameters.get("StartOnCreation", False)
            if is_active and parameters["Type"] == "ON_DEMAND":
                raise AwsError("InvalidInputException", "StartOnCreation is not supported for ON_DEMAND triggers")
            # An EVENT trigger listens from its creation on (assumption: AWS shows it as CREATED all the same).
            state = "ACTIVATED" if is_active else "CREATED"
            self._triggers[parameters["Name"]] = Trigger(definition=definition, state=state)
        return {"Name": parameters["Name"]}

    @serves("UpdateTrigger")
    def update(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            trigger = self._triggers[parameters["Name"]]
            changed = {**trigger.definition, **parameters["TriggerUpdate"]}
            self._check(changed, is_new=False)
            trigger.definition = changed
            return {"Trigger": trigger.described()}

    @serves("DeleteTrigger")
    def delete(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            self._triggers.pop(parameters["Name"], None)
        return {"Name": parameters["Name"]}

    @serves("GetTrigger")
    def get(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            return {"Trigger": self._triggers[parameters["Name"]].described()}

    def _check(self, definition: Mapping[str, Any], *, is_new: bool = True) -> None:
        kind, workflow = definition["Type"], definition.get("WorkflowName")
        if kind == "CONDITIONAL" and not definition.get("Predicate", {}).get("Conditions"):
            raise AwsError(
                "InvalidInputException", f"Trigger {definition['Name']}: a CONDITIONAL trigger needs conditions"
            )
        for condition in definition.get("Predicate", {}).get("Conditions", []):
            if condition.get("LogicalOperator") != "EQUALS":
                raise AwsError("InvalidInputException", f"Trigger {definition['Name']}: LogicalOperator must be EQUALS")
        if is_new and workflow and kind in STARTING_TYPES:
            for other in self.of_workflow(workflow):
                if other.definition["Type"] in STARTING_TYPES:
                    text = f"Workflow {workflow} already has the starting trigger {other.name}"
                    raise AwsError("InvalidInputException", text)
