"""The pipeline's state machine: rendered definition, least role, log and trace."""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.access.grants import Grant, allow
from stacks.constructs.secure_log_group import SecureLogGroup
from stacks.constructs.service_role import ServiceRole
from stacks.guards.acknowledgement import acknowledge
from stacks.labs.lane import Lane
from stacks.rendering.state_machine import definition
from stacks.zones.data_zone import DataZone


class EtlStateMachine(sfn.StateMachine):
    """Logs names and errors of every event, but no payload."""

    def __init__(self, scope: Construct, id: str, *, lane: Lane, data: DataZone) -> None:
        stack, names = cdk.Stack.of(scope), data.names
        role = ServiceRole(scope, f"{id}Role", services=("states",), description=f"State machine {names.state_machine}")
        log_group = SecureLogGroup(
            scope,
            f"{id}Log",
            # The prefix spares a resource policy per log group (Step Functions guide, "Logging").
            log_group_name=f"/aws/vendedlogs/states/{names.state_machine}",
            protection=data.protection,
        )
        # Not stack.to_json_string: it drops nulls, and "ResultPath": null (discard the result) is not its absence.
        rendered = definition(
            data.pipeline,
            names=names,
            lane=lane.lane,
            partition=stack.partition,
            publisher=names.publisher(lane.lane),
        )
        super().__init__(
            scope,
            id,
            state_machine_name=names.state_machine,
            role=role,
            definition_body=sfn.DefinitionBody.from_string(json.dumps(rendered)),
            logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ALL, include_execution_data=False),
            tracing_enabled=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        allow(
            role,
            Grant(
                # What the .sync integration calls (Step Functions guide, "Glue"), and nothing to change a job.
                actions=("glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"),
                resources=lane.job_arns,
            ),
            Grant(actions=("glue:StartCrawler", "glue:GetCrawler"), resources=lane.crawler_arns),
        )
        acknowledge(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            reason="Log delivery and X-Ray take no resource (Step Functions guide, Logging and X-Ray)",
        )
        self.own_role = role
