"""The execution role of MWAA: what Airflow itself needs, and what the DAG's tasks do.

Source of the first part: MWAA User Guide, "Amazon MWAA execution role"; where it asks for a wildcard, the reason
stands beside it and in the test of wildcards.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.constructs.lane import Lane
from stacks.lake_access import listing, reading


class AirflowRole(iam.Role):
    """Assumed by MWAA for one environment."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        environment_name: str,
        bucket_name: str,
        dag_prefix: str,
        key: kms.IKey,
        lane: Lane,
    ) -> None:
        super().__init__(
            scope,
            id,
            description=f"MWAA environment {environment_name}",
            assumed_by=iam.CompositePrincipal(
                iam.ServicePrincipal("airflow.amazonaws.com"), iam.ServicePrincipal("airflow-env.amazonaws.com")
            ),
        )
        stack = cdk.Stack.of(self)
        bucket_arn = f"arn:{stack.partition}:s3:::{bucket_name}"
        key.grant_encrypt_decrypt(self)
        statements = [
            listing(stack.partition, bucket_name, [dag_prefix]),
            reading(stack.partition, bucket_name, [f"{dag_prefix}/"], versions=True),
            _allow(
                ["s3:GetBucketPublicAccessBlock", "s3:GetBucketVersioning", "s3:GetEncryptionConfiguration"], bucket_arn
            ),
            # These three take no resource.
            _allow(["s3:GetAccountPublicAccessBlock", "logs:DescribeLogGroups", "cloudwatch:PutMetricData"], "*"),
            _allow(
                ["airflow:PublishMetrics"],
                stack.format_arn(service="airflow", resource="environment", resource_name=environment_name),
            ),
            _allow(
                [
                    "logs:CreateLogStream",
                    "logs:CreateLogGroup",
                    "logs:PutLogEvents",
                    "logs:GetLogEvents",
                    "logs:GetLogRecord",
                    "logs:GetLogGroupFields",
                    "logs:GetQueryResults",
                ],
                stack.format_arn(service="logs", resource=f"log-group:airflow-{environment_name}-*"),
            ),
            # The workers' queue is MWAA's own, in an account of AWS, under a generated name.
            _allow(
                [
                    "sqs:ChangeMessageVisibility",
                    "sqs:DeleteMessage",
                    "sqs:GetQueueAttributes",
                    "sqs:GetQueueUrl",
                    "sqs:ReceiveMessage",
                    "sqs:SendMessage",
                ],
                stack.format_arn(service="sqs", account="*", resource="airflow-celery-*"),
            ),
            _allow(["glue:StartJobRun", "glue:GetJob", "glue:GetJobRun", "glue:GetJobRuns"], *lane.job_arns),
            _allow(["glue:BatchStopJobRun"], *lane.job_arns),
            _allow(["glue:StartCrawler", "glue:GetCrawler"], *lane.crawler_arns),
        ]
        for statement in statements:
            self.add_to_policy(statement)


def _allow(actions: list[str], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=actions, resources=list(resources))
