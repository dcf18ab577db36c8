"""Copies DAGs, and the domain they import, to the prefix that MWAA reads."""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct, IConstruct

from stacks.constructs.project_code import dag_sources
from stacks.constructs.project_stack import ProjectStack
from stacks.constructs.secure_log_group import SecureLogGroup
from stacks.guards.acknowledgement import acknowledge

PREFIX = "dags"


class DagUpload(deployment.BucketDeployment):
    """What is no longer in the checkout leaves the prefix too."""

    def __init__(self, scope: Construct, id: str, *, bucket: s3.IBucket, log_group: SecureLogGroup) -> None:
        super().__init__(
            scope,
            id,
            sources=dag_sources(),
            destination_bucket=bucket,
            destination_key_prefix=PREFIX,
            prune=True,
            retain_on_delete=False,
            memory_limit=256,
            log_group=log_group,
        )
        self._acknowledge(bucket)
        for child in self._functions():
            # The CDK says arm64, wherever it is; its layer of the AWS CLI is Python that runs on either.
            function = cast(lambda_.CfnFunction, child.node.default_child)
            function.architectures = [cast(ProjectStack, cdk.Stack.of(self)).settings.functions.architecture]

    def _functions(self) -> list[IConstruct]:
        """The CDK's copying functions, which stand in the stack's root."""
        children = cdk.Stack.of(self).node.children
        return [child for child in children if child.node.id.startswith("Custom::CDKBucketDeployment")]

    def _acknowledge(self, bucket: s3.IBucket) -> None:
        """The copying function is the CDK's own: its role is written by the CDK, in the stack's root."""
        stack = cdk.Stack.of(self)
        partition, account, region = stack.partition, stack.account, stack.region
        reason = "The CDK's own copying function and its grants: read the assets, write the bucket"
        findings = [
            "AwsSolutions-L1",
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]",
            f"AwsSolutions-IAM5[Resource::arn:{partition}:s3:::cdk-hnb659fds-assets-{account}-{region}/*]",
            f"AwsSolutions-IAM5[Resource::{bucket.bucket_arn}/*]",
            *(
                f"AwsSolutions-IAM5[Action::{action}]"
                for action in (
                    "s3:GetObject*",
                    "s3:GetBucket*",
                    "s3:List*",
                    "s3:DeleteObject*",
                    "s3:Abort*",
                    "kms:GenerateDataKey*",
                    "kms:ReEncrypt*",
                )
            ),
        ]
        for child in self._functions():
            for finding in findings:
                acknowledge(child, finding, reason=reason)
