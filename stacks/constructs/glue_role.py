"""A role for Glue: what the service does in its name, and what its owner adds.

AWS's managed policy (AWSGlueServiceRole) would open every bucket and every catalog.
"""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.access.grants import Grant, allow
from stacks.constructs.service_role import ServiceRole


class GlueRole(ServiceRole):
    """Assumed by Glue; may read its security configuration, write to Glue's log groups and use the key."""

    def __init__(self, scope: Construct, id: str, *, description: str, key: kms.IKey) -> None:
        super().__init__(scope, id, services=("glue",), description=description)
        stack = cdk.Stack.of(self)
        allow(
            self,
            # https://docs.aws.amazon.com/glue/latest/dg/encryption-security-configuration.html
            Grant(actions=("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"), resources=(key.key_arn,)),
            Grant(
                actions=("glue:GetSecurityConfiguration",),
                resources=("*",),
                reason="A security configuration has no ARN: the action takes no resource",
            ),
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

    def may_publish_metrics(self) -> None:
        """A job's metrics, in Glue's own namespace.

        https://docs.aws.amazon.com/glue/latest/dg/monitoring-awsglue-with-cloudwatch-metrics.html
        """
        allow(
            self,
            Grant(
                actions=("cloudwatch:PutMetricData",),
                resources=("*",),
                conditions={"StringEquals": {"cloudwatch:namespace": "Glue"}},
                reason="A metric has no ARN: the condition keeps to Glue's namespace",
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
