"""Where S3 access logs and CloudTrail land, in every stack's service but written by AWS alone."""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.constructs.protection import Protection
from stacks.constructs.secure_bucket import SecureBucket
from stacks.guards.acknowledgement import acknowledge


class LoggingBucket(SecureBucket):
    """Buckets of later stacks log here by name, so the permission names the account, not the bucket."""

    def __init__(self, scope: Construct, id: str, *, bucket_name: str, protection: Protection) -> None:
        kept = cdk.Duration.days(protection.retention_days)
        super().__init__(
            scope,
            id,
            bucket_name=bucket_name,
            protection=protection,
            lifecycle_rules=[s3.LifecycleRule(id="retention", expiration=kept, noncurrent_version_expiration=kept)],
        )
        acknowledge(self, "AwsSolutions-S1", reason="It holds the access logs; logging them would log the logging")
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AccessLogs",
                principals=[iam.ServicePrincipal("logging.s3.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[self.arn_for_objects("s3/*")],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
            )
        )
