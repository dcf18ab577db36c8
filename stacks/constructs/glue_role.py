"""A role for Glue: its logs, the key, and what its owner adds. AWS's managed policy would open every bucket."""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.grants import Grant, allow, using


class GlueRole(iam.Role):
    """Assumed by Glue; may write to Glue's log groups and use the key."""

    def __init__(self, scope: Construct, id: str, *, description: str, key: kms.IKey) -> None:
        super().__init__(scope, id, description=description, assumed_by=iam.ServicePrincipal("glue.amazonaws.com"))
        stack = cdk.Stack.of(self)
        allow(
            self,
            using(key),
            Grant(
                # AssociateKmsKey: Glue encrypts its log groups when it creates them.
                actions=(
                    "logs:CreateLogGroup",
                    "logs:CreateLogStream",
                    "logs:PutLogEvents",
                    "logs:AssociateKmsKey",
                ),
                resources=(stack.format_arn(service="logs", resource="log-group:/aws-glue/*"),),
                reason="Glue names its log groups and streams itself, by run and security configuration",
            ),
        )

    def may_use_tables(self, database: str, *, actions: tuple[str, ...]) -> None:
        """Catalog actions on one database and its tables; a trailing * makes it every database so named."""
        stack = cdk.Stack.of(self)
        allow(
            self,
            Grant(
                actions=actions,
                resources=(
                    stack.format_arn(service="glue", resource="catalog"),
                    stack.format_arn(service="glue", resource=f"database/{database}"),
                    stack.format_arn(service="glue", resource=f"table/{database}/*"),
                ),
                reason="Crawlers make the tables; lanes are in stacks of their own, which come later",
            ),
        )
