"""The pipeline's Glue workflow and its triggers."""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_glue as glue
from constructs import Construct

from pipeline.names import Names
from pipeline.steps import Kind, Pipeline, Step
from stacks.constructs.construct_id import construct_id
from stacks.rendering.glue_triggers import Trigger, triggers


class EtlWorkflow(Construct):
    """`workflow`; one run at a time, for a second one would find the crawlers busy and fail.

    Its starting trigger is ON_DEMAND in every configuration: a trigger's type is create-only, a named resource can't be
    replaced, and a workflow takes one starting trigger. `workflow_starter` says when.
    """

    def __init__(self, scope: Construct, id: str, *, pipeline: Pipeline, names: Names, lane: str) -> None:
        super().__init__(scope, id)
        self.names, self.lane = names, lane
        self.workflow = glue.CfnWorkflow(
            self, "Workflow", name=names.workflow, description=pipeline.name, max_concurrent_runs=1
        )
        earlier: glue.CfnTrigger | None = None
        for planned in triggers(pipeline):
            rendered = self._trigger(planned)
            # Glue refuses two changes of one workflow at a time (ConcurrentModificationException).
            rendered.add_resource_dependency(earlier or self.workflow)
            earlier = rendered

    def _trigger(self, planned: Trigger) -> glue.CfnTrigger:
        upstream = tuple(step.name for step in planned.upstream)
        return glue.CfnTrigger(
            self,
            construct_id(*(part for name in upstream for part in ("after", name))) or "Start",
            name=self.names.trigger(upstream),
            workflow_name=self.workflow.name,
            actions=[self._action(step) for step in planned.starts],
            **(self._condition(planned.upstream) if upstream else {"type": "ON_DEMAND"}),
        )

    def _action(self, step: Step) -> glue.CfnTrigger.ActionProperty:
        resource = self.names.resource(step, self.lane)
        if step.kind is Kind.CRAWL:
            return glue.CfnTrigger.ActionProperty(crawler_name=resource)
        return glue.CfnTrigger.ActionProperty(job_name=resource, arguments={"--lane": self.lane})

    def _condition(self, upstream: Sequence[Step]) -> dict[str, Any]:
        shape = glue.CfnTrigger
        words = {Kind.CRAWL: ("crawler_name", "crawl_state"), Kind.JOB: ("job_name", "state")}
        conditions = []
        for step in upstream:
            name, state = words[step.kind]
            succeeded = {name: self.names.resource(step, self.lane), state: "SUCCEEDED"}
            conditions.append(shape.ConditionProperty(logical_operator="EQUALS", **succeeded))
        return {
            "type": "CONDITIONAL",
            "start_on_creation": True,
            "predicate": shape.PredicateProperty(logical="AND", conditions=conditions),
        }
