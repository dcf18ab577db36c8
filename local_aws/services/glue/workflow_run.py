"""One run of a workflow: which triggers fired, what their actions came to, and the graph that shows it.

In: triggers, starters of jobs and crawlers, ends of both. Out: actions, statistics, a graph as in GetWorkflowRun. A
run is COMPLETED when nothing runs and nothing can fire, whatever its actions came to: reading Statistics is the
caller's job.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local_aws.services.glue.crawlers import Crawl
from local_aws.services.glue.job_runs import ACTIVE, JobRun
from local_aws.services.glue.triggers import Trigger, node_of

Node = tuple[str, str]


@dataclass
class ActionRun:
    """One start of a job or crawler by a trigger; `refused` where it could not be started."""

    node: Node
    trigger: str
    job_run: JobRun | None = None
    crawl: Crawl | None = None
    refused: str | None = None

    @property
    def state(self) -> str:
        if self.job_run is not None:
            return self.job_run.state
        return self.crawl.state if self.crawl is not None else "ERROR"

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE or self.state == "CANCELLING"


@dataclass
class WorkflowRun:
    """`status` RUNNING, COMPLETED, STOPPING or STOPPED; `inherited` are outcomes of the run that this one resumes."""

    id: str
    workflow: str
    started_on: datetime
    properties: dict[str, str]
    triggers: list[Trigger]
    status: str = "RUNNING"
    completed_on: datetime | None = None
    previous_id: str | None = None
    fired: set[str] = field(default_factory=set)
    actions: list[ActionRun] = field(default_factory=list)
    inherited: dict[Node, str] = field(default_factory=dict)

    def outcomes(self) -> dict[Node, str]:
        """Final states by job and crawler."""
        ended = {action.node: action.state for action in self.actions if not action.is_active}
        return {**self.inherited, **ended}

    def due(self) -> list[Trigger]:
        """Conditional triggers that can fire now and have not yet."""
        outcomes = self.outcomes()
        return [
            trigger
            for trigger in self.triggers
            if trigger.definition["Type"] == "CONDITIONAL"
            and trigger.state == "ACTIVATED"
            and trigger.name not in self.fired
            and trigger.holds(outcomes)
        ]

    def fire(self, trigger: Trigger, start: Callable[[Trigger, dict[str, Any]], ActionRun]) -> None:
        """Starts every action of the trigger, once per run."""
        self.fired.add(trigger.name)
        for action in trigger.actions:
            self.actions.append(start(trigger, action))

    def statistics(self) -> dict[str, int]:
        """As in WorkflowRunStatistics; a crawl that FAILED counts as a failed action."""
        states = [action.state for action in self.actions]
        nodes = {node_of(action) for trigger in self.triggers for action in trigger.actions}
        return {
            "TotalActions": max(len(nodes), len(states)),
            "TimeoutActions": states.count("TIMEOUT"),
            "FailedActions": states.count("FAILED"),
            "StoppedActions": states.count("STOPPED") + states.count("CANCELLED"),
            "SucceededActions": states.count("SUCCEEDED"),
            "RunningActions": sum(action.is_active for action in self.actions),
            "ErroredActions": states.count("ERROR"),
            "WaitingActions": 0,
        }


def node_id(kind: str, name: str) -> str:
    """A stable id of a graph node: ResumeWorkflowRun takes it."""
    return f"wnode_{kind}_{name}"


def graph(
    triggers: list[Trigger], actions: list[ActionRun], describe_job_run: Callable[[JobRun], dict[str, Any]]
) -> dict[str, Any]:
    """Nodes and edges as in WorkflowGraph."""
    nodes: list[dict[str, Any]] = []
    edges: list[dict[str, str]] = []
    seen: set[Node] = set()
    for trigger in triggers:
        identity = node_id("trigger", trigger.name)
        nodes.append(
            {
                "Type": "TRIGGER",
                "Name": trigger.name,
                "UniqueId": identity,
                "TriggerDetails": {"Trigger": trigger.described()},
            }
        )
        for condition in trigger.definition.get("Predicate", {}).get("Conditions", []):
            edges.append({"SourceId": node_id(*node_of(condition)), "DestinationId": identity})
        for action in trigger.actions:
            node = node_of(action)
            edges.append({"SourceId": identity, "DestinationId": node_id(*node)})
            if node not in seen:
                seen.add(node)
                nodes.append(_action_node(node, [one for one in actions if one.node == node], describe_job_run))
    return {"Nodes": nodes, "Edges": edges}


def _action_node(
    node: Node, runs: list[ActionRun], describe_job_run: Callable[[JobRun], dict[str, Any]]
) -> dict[str, Any]:
    kind, name = node
    shown: dict[str, Any] = {"Type": kind.upper(), "Name": name, "UniqueId": node_id(kind, name)}
    if kind == "job":
        shown["JobDetails"] = {"JobRuns": [_job_run(run, describe_job_run) for run in runs]}
    else:
        shown["CrawlerDetails"] = {"Crawls": [_crawl(run) for run in runs]}
    return shown


def _job_run(run: ActionRun, describe: Callable[[JobRun], dict[str, Any]]) -> dict[str, Any]:
    if run.job_run is not None:
        return describe(run.job_run)
    return {"JobName": run.node[1], "JobRunState": "ERROR", "ErrorMessage": run.refused, "TriggerName": run.trigger}


def _crawl(run: ActionRun) -> dict[str, Any]:
    if run.crawl is None:
        return {"State": "ERROR", "ErrorMessage": run.refused}
    return {
        "State": run.crawl.state,
        "StartedOn": run.crawl.started_on,
        "CompletedOn": run.crawl.completed_on,
        "ErrorMessage": run.crawl.error,
        "LogGroup": "/aws-glue/crawlers",
        "LogStream": run.crawl.crawler,
    }
