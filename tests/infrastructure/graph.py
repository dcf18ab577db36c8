"""Reads what was rendered back into edges between step names, knowing nothing of `pipeline.steps`.

Flows in: a template's resources, or a state machine's definition. Flows out: sets of (before, after).
"""

import json
from collections.abc import Iterable
from typing import Any

Edges = frozenset[tuple[str, str]]


def resources(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Properties of the template's resources of one type."""
    return [found["Properties"] for found in template["Resources"].values() if found["Type"] == kind]


def text_of(value: Any) -> str:
    """A string with its intrinsics replaced by a mark; enough to read names that are literal."""
    if isinstance(value, str):
        return value
    return "".join(part if isinstance(part, str) else "<resolved at deploy>" for part in value["Fn::Join"][1])


def glue_edges(template: dict[str, Any], *, slug: str, lane: str) -> Edges:
    """Edges of the triggers; the function that hears the last actions' ends adds theirs to `notify`."""

    def step(action: dict[str, Any]) -> str:
        name = action.get("JobName") or action["CrawlerName"]
        return name.removeprefix(f"{slug}-").removesuffix(f"-{lane}")

    edges, started, waited_for = set(), set(), set()
    for trigger in resources(template, "AWS::Glue::Trigger"):
        conditions = trigger.get("Predicate", {}).get("Conditions", [])
        for condition in conditions:
            succeeded = condition.get("State") or condition.get("CrawlState")
            assert (succeeded, condition["LogicalOperator"]) == ("SUCCEEDED", "EQUALS"), condition
        assert not conditions or trigger["Predicate"]["Logical"] == "AND"
        waited_for |= {step(condition) for condition in conditions}
        started |= {step(action) for action in trigger["Actions"]}
        edges |= {(step(condition), step(action)) for condition in conditions for action in trigger["Actions"]}
    heard = {
        name.removeprefix(f"{slug}-").removesuffix(f"-{lane}")
        for rule in resources(template, "AWS::Events::Rule")
        for field in ("jobName", "crawlerName")
        for name in rule.get("EventPattern", {}).get("detail", {}).get(field, [])
    }
    return frozenset(edges | {(last, "notify") for last in (started - waited_for) & heard})


def definition_of(template: dict[str, Any]) -> dict[str, Any]:
    """The definition of the template's one state machine."""
    [machine] = resources(template, "AWS::StepFunctions::StateMachine")
    return json.loads(text_of(machine["DefinitionString"]))


def asl_edges(definition: dict[str, Any]) -> Edges:
    """Edges between steps on the way of success: what is only reached by a Catch is no part of the pipeline."""
    edges: set[tuple[str, str]] = set()
    _walk(definition, edges)
    return frozenset(edges)


def _walk(machine: dict[str, Any], edges: set[tuple[str, str]]) -> tuple[set[str], set[str]]:
    """First and last steps of a machine or branch; adds the edges within."""
    states = machine["States"]
    parts: dict[str, tuple[set[str], set[str]]] = {}
    for name, state in states.items():
        if state["Type"] == "Parallel":
            inner = [_walk(branch, edges) for branch in state["Branches"]]
            parts[name] = set().union(*(first for first, _ in inner)), set().union(*(last for _, last in inner))
        elif _is_step(state):
            parts[name] = {name}, {name}

    def following(name: str) -> set[str]:
        found, seen, frontier = set(), set(), list(_targets(states[name]))
        while frontier:
            target = frontier.pop()
            if target in parts:
                found.add(target)
            elif target not in seen:
                seen.add(target)
                frontier += _targets(states[target])
        return found

    afters = {name: following(name) for name in parts}
    for name, after in afters.items():
        edges |= {(last, first) for other in after for last in parts[name][1] for first in parts[other][0]}
    start = machine["StartAt"]
    assert start in parts, f"{start} is no step"
    return parts[start][0], set().union(*(last for name, (_, last) in parts.items() if not afters[name]))


def _targets(state: dict[str, Any]) -> Iterable[str]:
    yield from (choice["Next"] for choice in state.get("Choices", []))
    yield from (state[field] for field in ("Next", "Default") if field in state)


def _is_step(state: dict[str, Any]) -> bool:
    if state["Type"] != "Task":
        return False
    if state["Resource"].endswith(":lambda:invoke"):
        return state["Parameters"]["Payload"]["notify"]["status"] == "succeeded"
    return state["Resource"].endswith((":startCrawler", ":glue:startJobRun.sync"))


def closure(edges: Edges) -> Edges:
    """What comes before what, directly or not."""
    closed = set(edges)
    while True:
        longer = {(a, d) for a, b in closed for c, d in closed if b == c} - closed
        if not longer:
            return frozenset(closed)
        closed |= longer
