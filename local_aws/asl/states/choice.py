"""The Choice state.

In: a visit. Out: the state that the first matching rule, or Default, names; States.NoChoiceMatched without either.
"""

from __future__ import annotations

from local_aws.asl.runtime.choice_rules import matches
from local_aws.asl.runtime.errors import NO_CHOICE_MATCHED, StatesError
from local_aws.asl.runtime.visit import Step, Visit


def run_choice(visit: Visit) -> Step:
    """Choose; a rule's own Assign replaces the state's, which belongs to Default."""
    value = visit.effective_input()
    scope = visit.scope(value)
    rule = next((rule for rule in visit.state["Choices"] if matches(rule, scope)), None)
    if rule is None and "Default" not in visit.state:
        raise StatesError(
            NO_CHOICE_MATCHED,
            visit.placed("Failed to transition out of the state. The state does not point to a next state."),
        )
    assigned = visit.evaluate((visit.state if rule is None else rule).get("Assign", {}), value)
    chosen = visit.state["Default"] if rule is None else rule["Next"]
    return visit.leave(visit.output(value), assigned=assigned, next_state=chosen)
