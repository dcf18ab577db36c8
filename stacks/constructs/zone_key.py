"""The customer key of the landing zone, which encrypts all that the other stacks store.

One key, not one per service: every grant to a role then stands in that role's own policy, and a stack that comes
later needs no change here. Services that act without a role are named below.
"""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct


class ZoneKey(kms.Key):
    """Rotated yearly; usable by CloudWatch Logs of this account and by the one trail named."""

    def __init__(self, scope: Construct, id: str, *, alias: str, trail_name: str, removal: cdk.RemovalPolicy) -> None:
        super().__init__(
            scope,
            id,
            alias=alias,
            description="Data, logs and messages of the pipeline",
            enable_key_rotation=True,
            pending_window=cdk.Duration.days(7 if removal == cdk.RemovalPolicy.DESTROY else 30),
            removal_policy=removal,
        )
        stack = cdk.Stack.of(self)
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="CloudWatchLogs",
                principals=[iam.ServicePrincipal(f"logs.{stack.region}.{stack.url_suffix}")],
                actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
                resources=["*"],
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": stack.format_arn(service="logs", resource="log-group:*")
                    }
                },
            )
        )
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="CloudTrail",
                principals=[iam.ServicePrincipal("cloudtrail.amazonaws.com")],
                actions=["kms:GenerateDataKey*", "kms:DescribeKey"],
                resources=["*"],
                conditions={
                    "StringEquals": {
                        "aws:SourceArn": stack.format_arn(
                            service="cloudtrail", resource="trail", resource_name=trail_name
                        )
                    }
                },
            )
        )
