"""Tells of executions that ended from outside: stopped, or out of time. No state of theirs could.

It is called by Step Functions' own events; see lambdas/notify_stopped for what it does then.
"""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from stacks.constructs.logged_function import LoggedFunction
from stacks.data_zone import DataZone
from stacks.grants import Grant, allow
from stacks.lake_access import claiming

FOLDER = "notify_stopped"


class StoppedFunction(Construct):
    """The function and its rule."""

    def __init__(self, scope: Construct, id: str, *, data: DataZone, lane: str) -> None:
        super().__init__(scope, id)
        stack, names = cdk.Stack.of(self), data.names
        machine = {"service": "states", "arn_format": cdk.ArnFormat.COLON_RESOURCE_NAME}
        function = LoggedFunction(
            self,
            "Function",
            folder=FOLDER,
            function_name=names.function(FOLDER),
            environment={"LANE": lane, "BUCKET": names.data_bucket, "TOPIC_ARN": data.topic.topic_arn},
            key=data.key,
            retention_days=data.settings.log_retention_days,
        )
        allow(
            function.own_role,
            *claiming(stack.partition, names.data_bucket, lane),
            Grant(
                actions=("states:GetExecutionHistory",),
                resources=(
                    stack.format_arn(**machine, resource="execution", resource_name=f"{names.state_machine}:*"),
                ),
                reason="Executions are named when they start; the state machine's name is the narrowest there is",
            ),
        )
        data.topic.grant_saying(function.own_role, key=data.key)
        events.Rule(
            self,
            "Ended",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "stateMachineArn": [
                        stack.format_arn(**machine, resource="stateMachine", resource_name=names.state_machine)
                    ],
                    "status": ["ABORTED", "TIMED_OUT"],
                },
            ),
            targets=[targets.LambdaFunction(function, dead_letter_queue=function.dead_letters)],
        )
