"""A Lambda function of lambdas/: its own role and log group, a timeout, and dead letters for what it could not do.

Its processor is the one that the settings name for the region.
"""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.constructs.airflow_caller import AirflowCallers
from stacks.constructs.dead_letters import DeadLetters
from stacks.constructs.project_code import function_code
from stacks.constructs.project_stack import ProjectStack
from stacks.constructs.protection import Protection
from stacks.constructs.secure_log_group import SecureLogGroup
from stacks.constructs.service_role import ServiceRole

TIMEOUT_SECONDS = 60


class LoggedFunction(lambda_.Function):
    """`entry` is a module of a folder under lambdas/ that has a `handle`; tried three times, then a dead letter.

    `callers` places a function that calls Airflow.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        entry: str,
        function_name: str,
        environment: Mapping[str, str],
        callers: AirflowCallers | None = None,
        protection: Protection,
    ) -> None:
        log_group = SecureLogGroup(
            scope, f"{id}Log", log_group_name=f"/aws/lambda/{function_name}", protection=protection
        )
        role = ServiceRole(scope, f"{id}Role", services=("lambda",), description=f"Function {function_name}")
        log_group.grant_write(role)
        self.own_role, self.own_name = role, function_name
        if callers:
            callers.may_stand_there(role)
        self.dead_letters = DeadLetters(scope, f"{id}DeadLetters")
        super().__init__(
            scope,
            id,
            function_name=function_name,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=cast(ProjectStack, cdk.Stack.of(scope)).architecture,
            code=function_code(entry.partition(".")[0]),
            handler=f"lambdas.{entry}.handle",
            environment=dict(environment),
            environment_encryption=protection.key,
            memory_size=256,
            timeout=cdk.Duration.seconds(TIMEOUT_SECONDS),
            role=role,
            log_group=log_group,
            dead_letter_queue=self.dead_letters,
            retry_attempts=2,
            max_event_age=cdk.Duration.hours(1),
            **(callers.placement if callers else {}),
        )
