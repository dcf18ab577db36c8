"""The function that publishes a lane's outcomes, and the rules that call it: ends of runs, and a sweep.

The `notify` step calls it too, where an orchestrator has one. Whoever calls first publishes; see
lambdas/publish_outcome. The sweep is what makes it certain: an event that is lost, comes too early or finds AWS
failing for longer than Lambda tries again costs five minutes, never the message.
"""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from constructs import Construct

from pipeline.steps import Kind
from stacks.access.grants import Grant, allow
from stacks.access.lake_access import publishing
from stacks.constructs.airflow_caller import AirflowCallers
from stacks.constructs.logged_function import LoggedFunction
from stacks.zones.data_zone import DataZone

FOLDER = "publish_outcome"
SWEEP = "rate(5 minutes)"


class OutcomePublisher(Construct):
    """`function`; a lane's own, so that it can read its own orchestrator and nothing of the others."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        data: DataZone,
        lane: str,
        environment: Mapping[str, str],
        callers: AirflowCallers | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.names = data.names
        self.function = LoggedFunction(
            self,
            "Function",
            entry=f"{FOLDER}.{lane}",
            function_name=data.names.publisher(lane),
            environment={
                "LANE": lane,
                "BUCKET": data.names.data_bucket,
                "TOPIC_ARN": data.topic.topic_arn,
                **environment,
            },
            callers=callers,
            protection=data.protection,
        )
        allow(self.function.own_role, *publishing(cdk.Stack.of(self).partition, data.names.data_bucket, lane))
        data.topic.grant_saying(self.function.own_role, key=data.protection.key)
        self._call("Sweep", schedule=events.Schedule.expression(SWEEP))

    def may_be_called_by(self, role: iam.Role) -> None:
        """For the `notify` step."""
        arn = cdk.Stack.of(self).format_arn(
            service="lambda",
            resource="function",
            resource_name=self.function.own_name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        allow(role, Grant(actions=("lambda:InvokeFunction",), resources=(arn,)))

    def _ended(self, id: str, *, source: str, detail_type: str, detail: Mapping[str, Any]) -> None:
        self._call(
            id,
            event_pattern=events.EventPattern(source=[source], detail_type=[detail_type], detail=dict(detail)),
        )

    def _call(self, id: str, **when: Any) -> None:
        target = targets.LambdaFunction(self.function, dead_letter_queue=self.function.dead_letters)
        events.Rule(self, id, targets=[target], **when)


class GlueOutcomes(OutcomePublisher):
    """Hears of every end of a job or crawler: Glue has no event for the end of a workflow run."""

    def __init__(self, scope: Construct, id: str, *, data: DataZone, lane: str) -> None:
        names = data.names
        super().__init__(scope, id, data=data, lane=lane, environment={"WORKFLOW": names.workflow, "SLUG": names.slug})
        workflow = cdk.Stack.of(self).format_arn(service="glue", resource=f"workflow/{names.workflow}")
        allow(self.function.own_role, Grant(actions=("glue:GetWorkflowRuns",), resources=(workflow,)))
        jobs, crawlers = data.started(Kind.JOB, lane), data.started(Kind.CRAWL, lane)
        if jobs:
            self._ended(
                "Jobs",
                source="aws.glue",
                detail_type="Glue Job State Change",
                detail={"jobName": jobs, "state": ["SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED"]},
            )
        if crawlers:
            self._ended(
                "Crawls",
                source="aws.glue",
                detail_type="Glue Crawler State Change",
                detail={"crawlerName": crawlers, "state": ["Succeeded", "Failed"]},
            )


class ExecutionOutcomes(OutcomePublisher):
    """Hears of every end of an execution, also of those that could not say so themselves."""

    def __init__(self, scope: Construct, id: str, *, data: DataZone, lane: str) -> None:
        stack, name = cdk.Stack.of(scope), data.names.state_machine
        parts = {"service": "states", "arn_format": cdk.ArnFormat.COLON_RESOURCE_NAME}
        machine = stack.format_arn(**parts, resource="stateMachine", resource_name=name)
        executions = stack.format_arn(**parts, resource="execution", resource_name=f"{name}:*")
        super().__init__(scope, id, data=data, lane=lane, environment={"MACHINE_ARN": machine})
        allow(
            self.function.own_role,
            Grant(actions=("states:ListExecutions",), resources=(machine,)),
            Grant(
                actions=("states:DescribeExecution", "states:GetExecutionHistory"),
                resources=(executions,),
                reason="Executions are named when they start; the state machine's name is the narrowest there is",
            ),
        )
        self._ended(
            "Ended",
            source="aws.states",
            detail_type="Step Functions Execution Status Change",
            detail={"stateMachineArn": [machine], "status": ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]},
        )


class DagOutcomes(OutcomePublisher):
    """Hears of nothing but the DAG's own call and the sweep: MWAA sends no events."""

    def __init__(self, scope: Construct, id: str, *, data: DataZone, lane: str, callers: AirflowCallers) -> None:
        names = data.names
        super().__init__(
            scope,
            id,
            data=data,
            lane=lane,
            environment={"ENVIRONMENT": names.airflow_environment, "DAG": names.dag},
            callers=callers,
        )
        callers.may_call(self.function.own_role)
