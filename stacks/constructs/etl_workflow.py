"""The pipeline's Glue workflow and its triggers."""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from aws_cdk import aws_events as events
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from constructs import Construct

from config.names import Names
from config.trigger import TriggerSettings
from pipeline.steps import Kind, Pipeline, Step
from stacks.constructs.run_trigger import upload_pattern
from stacks.grants import Grant, allow
from stacks.rendering.glue_triggers import Trigger, triggers

BATCH_EVENTS, BATCH_SECONDS = 100, 900
"""The most that an event trigger takes together: a storm of uploads is one run, or two."""


class EtlWorkflow(Construct):
    """`workflow`; one run at a time, for a second one would find the crawlers busy and fail."""

    def __init__(
        self, scope: Construct, id: str, *, pipeline: Pipeline, names: Names, lane: str, trigger: TriggerSettings
    ) -> None:
        super().__init__(scope, id)
        self.names, self.lane = names, lane
        self.workflow = glue.CfnWorkflow(
            self, "Workflow", name=names.workflow, description=pipeline.name, max_concurrent_runs=1
        )
        earlier: glue.CfnTrigger | None = None
        for planned in triggers(pipeline):
            rendered = self._trigger(planned, trigger)
            # Glue refuses two changes of one workflow at a time (ConcurrentModificationException).
            rendered.add_resource_dependency(earlier or self.workflow)
            earlier = rendered

    def _trigger(self, planned: Trigger, trigger: TriggerSettings) -> glue.CfnTrigger:
        upstream = tuple(step.name for step in planned.upstream)
        return glue.CfnTrigger(
            self,
            "".join(word.capitalize() for name in upstream for word in ("after", *name.split("_"))) or "Start",
            name=self.names.trigger(upstream),
            workflow_name=self.workflow.name,
            actions=[self._action(step) for step in planned.starts],
            **(self._condition(planned.upstream) if upstream else _start(trigger)),
        )

    def _action(self, step: Step) -> glue.CfnTrigger.ActionProperty:
        if step.kind is Kind.CRAWL:
            return glue.CfnTrigger.ActionProperty(crawler_name=self.names.crawler(step.name, self.lane))
        return glue.CfnTrigger.ActionProperty(job_name=self.names.job(step.name), arguments={"--lane": self.lane})

    def _condition(self, upstream: Sequence[Step]) -> dict[str, Any]:
        shape = glue.CfnTrigger
        conditions = [
            shape.ConditionProperty(
                logical_operator="EQUALS",
                crawler_name=self.names.crawler(step.name, self.lane),
                crawl_state="SUCCEEDED",
            )
            if step.kind is Kind.CRAWL
            else shape.ConditionProperty(
                logical_operator="EQUALS", job_name=self.names.job(step.name), state="SUCCEEDED"
            )
            for step in upstream
        ]
        return {
            "type": "CONDITIONAL",
            "start_on_creation": True,
            "predicate": shape.PredicateProperty(logical="AND", conditions=conditions),
        }


def _start(trigger: TriggerSettings) -> dict[str, Any]:
    if trigger.schedule:
        return {"type": "SCHEDULED", "schedule": trigger.schedule, "start_on_creation": True}
    if trigger.on_upload:
        batch = glue.CfnTrigger.EventBatchingConditionProperty(batch_size=BATCH_EVENTS, batch_window=BATCH_SECONDS)
        return {"type": "EVENT", "event_batching_condition": batch}
    return {"type": "ON_DEMAND"}


class UploadsToWorkflow(Construct):
    """The rule that hands uploads to the workflow's event trigger, and the role it needs for that."""

    def __init__(self, scope: Construct, id: str, *, bucket_name: str, workflow_arn: str) -> None:
        super().__init__(scope, id)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("events.amazonaws.com"))
        allow(role, Grant(actions=("glue:NotifyEvent",), resources=(workflow_arn,)))
        rule = events.Rule(self, "Rule", event_pattern=upload_pattern(bucket_name))
        # There is no L2 target for a Glue workflow.
        cast(events.CfnRule, rule.node.default_child).targets = [
            events.CfnRule.TargetProperty(id="Workflow", arn=workflow_arn, role_arn=role.role_arn)
        ]
