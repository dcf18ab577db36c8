"""Workflows: definitions, and runs that follow their triggers.

In: workflow operations, ends of jobs and crawls, EventBridge's NotifyEvent. Out: workflow runs. The run's own state
is in `workflow_run`; here is what starts, stops and resumes it.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local_aws.clocks.clock import Clocks
from local_aws.services.engine import Caller, Resources, serves
from local_aws.services.glue.crawlers import Crawl, Crawlers
from local_aws.services.glue.job_runs import JobRun
from local_aws.services.glue.jobs import Jobs
from local_aws.services.glue.triggers import STARTING_TYPES, Trigger, Triggers, node_of
from local_aws.services.glue.workflow_run import ActionRun, Node, WorkflowRun, graph, node_id
from local_aws.wire.errors import AwsError


@dataclass
class Workflow:
    """A definition and its runs, oldest first."""

    definition: dict[str, Any]
    created: datetime
    modified: datetime
    runs: list[WorkflowRun] = field(default_factory=list)
    pending_events: list[dict[str, Any]] = field(default_factory=list)


@dataclass(kw_only=True, eq=False)
class Workflows:
    """Jobs and crawlers tell of their ends before anybody else hears of them, so runs are settled first."""

    service = "glue"

    jobs: Jobs
    crawlers: Crawlers
    now: Callable[[], datetime]
    clocks: Clocks
    _workflows: Resources[Workflow] = field(
        init=False, default_factory=lambda: Resources("EntityNotFoundException", "Workflow {} not found")
    )
    _work: dict[str, ExitStack] = field(init=False, default_factory=dict)
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.triggers = Triggers()
        self.jobs.on_end.append(self._on_job_end)
        self.crawlers.on_end.append(self._on_crawl_end)

    @serves("CreateWorkflow")
    def create(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            if parameters["Name"] in self._workflows:
                raise AwsError("AlreadyExistsException", f"Workflow {parameters['Name']} already exists")
            now = self.now()
            definition = {name: value for name, value in parameters.items() if name != "Tags"}
            self._workflows[parameters["Name"]] = Workflow(definition=definition, created=now, modified=now)
        return {"Name": parameters["Name"]}

    @serves("UpdateWorkflow")
    def update(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            workflow = self._workflows[parameters["Name"]]
            workflow.definition.update(parameters)
            workflow.modified = self.now()
        return {"Name": parameters["Name"]}

    @serves("DeleteWorkflow")
    def delete(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            self._workflows.pop(parameters["Name"], None)
        return {"Name": parameters["Name"]}

    @serves("GetWorkflow")
    def get(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            workflow = self._workflows[parameters["Name"]]
            shown = {
                **workflow.definition,
                "CreatedOn": workflow.created,
                "LastModifiedOn": workflow.modified,
                "LastRun": self._described(workflow.runs[-1], False) if workflow.runs else None,
            }
            if parameters.get("IncludeGraph"):
                shown["Graph"] = graph(self.triggers.of_workflow(parameters["Name"]), [], self.jobs.described_run)
            return {"Workflow": shown}

    @serves("ListWorkflows")
    def list_names(self, _parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            return {"Workflows": sorted(self._workflows)}

    @serves("StartWorkflowRun")
    def start(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return {"RunId": self.start_run(parameters["Name"], parameters.get("RunProperties", {})).id}

    @serves("GetWorkflowRun")
    def get_run(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            run = self._get_run(parameters["Name"], parameters["RunId"])
            return {"Run": self._described(run, parameters.get("IncludeGraph", False))}

    @serves("GetWorkflowRuns")
    def get_runs(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            runs = list(reversed(self._workflows[parameters["Name"]].runs))
            with_graph = parameters.get("IncludeGraph", False)
            return {"Runs": [self._described(run, with_graph) for run in runs]}

    @serves("StopWorkflowRun")
    def stop(self, parameters: dict[str, Any], caller: Caller) -> None:
        with self._lock:
            run = self._get_run(parameters["Name"], parameters["RunId"])
            if run.status != "RUNNING":
                raise AwsError("IllegalWorkflowStateException", f"Workflow run {run.id} is {run.status}")
            run.status = "STOPPING"
            active = [action for action in run.actions if action.is_active]
        for action in active:
            if action.job_run is not None:
                self.jobs.stop_run(action.job_run)
            elif action.crawl is not None and action.crawl.state == "RUNNING":
                self.crawlers.stop({"Name": action.crawl.crawler}, caller)
        self._advance(run)

    @serves("ResumeWorkflowRun")
    def resume(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            before = self._get_run(parameters["Name"], parameters["RunId"])
            if before.status in ("RUNNING", "STOPPING"):
                raise AwsError("IllegalWorkflowStateException", f"Workflow run {before.id} is {before.status}")
            chosen = self._chosen_nodes(before, parameters["NodeIds"])
            again = _with_downstream(before.triggers, set(chosen))
            kept = {node: state for node, state in before.outcomes().items() if node not in again}
            run = self._new_run(parameters["Name"], before.properties)
            run.previous_id, run.inherited = before.id, kept
            run.fired = {
                trigger.name
                for trigger in run.triggers
                if trigger.name in before.fired
                and any(node_of(action) in {*kept, *chosen} for action in trigger.actions)
            }
            starts = [
                (trigger, action)
                for trigger in run.triggers
                for action in trigger.actions
                if node_of(action) in chosen and trigger.name in before.fired
            ]
            for trigger, action in starts:
                run.actions.append(self._start_action(run, trigger, action))
        self._advance(run)
        return {"RunId": run.id, "NodeIds": [node_id(*node) for node in chosen]}

    def start_run(self, name: str, properties: dict[str, str]) -> WorkflowRun:
        """Starts a run by its starting trigger; raises ConcurrentRunsExceededException at the workflow's limit."""
        with self._lock:
            workflow = self._workflows[name]
            limit = workflow.definition.get("MaxConcurrentRuns")
            active = sum(run.status in ("RUNNING", "STOPPING") for run in workflow.runs)
            if limit and active >= limit:
                raise AwsError("ConcurrentRunsExceededException", f"Concurrent runs exceeded for workflow {name}")
            starting = [
                trigger for trigger in self.triggers.of_workflow(name) if trigger.definition["Type"] in STARTING_TYPES
            ]
            if not starting:
                raise AwsError("InvalidInputException", f"Workflow {name} has no starting trigger")
            run = self._new_run(name, {**workflow.definition.get("DefaultRunProperties", {}), **properties})
            run.fire(starting[0], lambda trigger, action: self._start_action(run, trigger, action))
        self._advance(run)
        return run

    def notify_event(self, name: str, event: dict[str, Any]) -> None:
        """EventBridge's glue:NotifyEvent: the workflow's EVENT trigger starts a run when its batch is full."""
        with self._lock:
            workflow = self._workflows[name]
            events = [one for one in self.triggers.of_workflow(name) if one.definition["Type"] == "EVENT"]
            if not events:
                raise AwsError("InvalidInputException", f"Workflow {name} has no EVENT trigger")
            workflow.pending_events.append(event)
            size = events[0].definition.get("EventBatchingCondition", {}).get("BatchSize", 1)
            if len(workflow.pending_events) < size:
                return
            workflow.pending_events.clear()
        self.start_run(name, {})

    def _new_run(self, name: str, properties: dict[str, str]) -> WorkflowRun:
        run = WorkflowRun(
            id="wr_" + secrets.token_hex(32),
            workflow=name,
            started_on=self.now(),
            properties=dict(properties),
            triggers=self.triggers.of_workflow(name),
        )
        self._workflows[name].runs.append(run)
        work = ExitStack()
        work.enter_context(self.clocks.working())
        self._work[run.id] = work
        return run

    def _start_action(self, run: WorkflowRun, trigger: Trigger, action: dict[str, Any]) -> ActionRun:
        node = node_of(action)
        role = f"workflow/{run.workflow}"
        started = ActionRun(node=node, trigger=trigger.name)
        try:
            if node[0] == "crawler":
                started.crawl = self.crawlers.start_for(node[1], role)
            else:
                arguments = {
                    **action.get("Arguments", {}),
                    "--WORKFLOW_NAME": run.workflow,
                    "--WORKFLOW_RUN_ID": run.id,
                }
                started.job_run = self.jobs.start_for(
                    node[1], role, arguments=arguments, trigger=trigger.name, timeout=action.get("Timeout")
                )
        except AwsError as refused:
            started.refused = str(refused)
        return started

    def _on_job_end(self, ended: JobRun) -> None:
        self._on_end(lambda action: action.job_run is ended)

    def _on_crawl_end(self, ended: Crawl) -> None:
        self._on_end(lambda action: action.crawl is ended)

    def _on_end(self, is_it: Callable[[ActionRun], bool]) -> None:
        # The lock also waits for a start that is still appending the action that has just ended.
        with self._lock:
            runs = [
                run
                for workflow in self._workflows.values()
                for run in workflow.runs
                if any(is_it(action) for action in run.actions)
            ]
        for run in runs:
            self._advance(run)

    def _advance(self, run: WorkflowRun) -> None:
        with self._lock:
            while run.status == "RUNNING" and (due := run.due()):
                for trigger in due:
                    run.fire(trigger, lambda trigger, action: self._start_action(run, trigger, action))
            if run.status in ("RUNNING", "STOPPING") and not any(action.is_active for action in run.actions):
                run.status = "STOPPED" if run.status == "STOPPING" else "COMPLETED"
                run.completed_on = self.now()
                self._work.pop(run.id).close()

    def _described(self, run: WorkflowRun, with_graph: bool) -> dict[str, Any]:
        shown = {
            "Name": run.workflow,
            "WorkflowRunId": run.id,
            "PreviousRunId": run.previous_id,
            "WorkflowRunProperties": run.properties,
            "StartedOn": run.started_on,
            "CompletedOn": run.completed_on,
            "Status": run.status,
            "Statistics": run.statistics(),
        }
        if with_graph:
            shown["Graph"] = graph(run.triggers, run.actions, self.jobs.described_run)
        return shown

    def _chosen_nodes(self, run: WorkflowRun, node_ids: list[str]) -> list[Node]:
        nodes = {node_id(*action.node): action.node for action in run.actions}
        unknown = sorted(set(node_ids) - set(nodes))
        if unknown:
            raise AwsError("InvalidInputException", f"Workflow run {run.id} ran no node {', '.join(unknown)}")
        return [nodes[one] for one in node_ids]

    def _get_run(self, name: str, run_id: str) -> WorkflowRun:
        for run in self._workflows[name].runs:
            if run.id == run_id:
                return run
        raise AwsError("EntityNotFoundException", f"Workflow run {run_id} of {name} not found")


def _with_downstream(triggers: list[Trigger], nodes: set[Node]) -> set[Node]:
    found = set(nodes)
    while True:
        more = {
            node_of(action)
            for trigger in triggers
            for condition in trigger.definition.get("Predicate", {}).get("Conditions", [])
            if node_of(condition) in found
            for action in trigger.actions
        }
        if more <= found:
            return found
        found |= more
