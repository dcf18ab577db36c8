"""The execution role of MWAA: what Airflow itself needs, and what the DAG's tasks do.

Source of the first part: MWAA User Guide, "Amazon MWAA execution role"; where it asks for a wildcard, the reason
stands beside it.
"""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.access.grants import Grant, allow, using
from stacks.access.lake_access import reading, reading_versions
from stacks.constructs.dag_upload import PREFIX
from stacks.constructs.service_role import ServiceRole
from stacks.labs.lane import Lane


class AirflowRole(ServiceRole):
    """Assumed by MWAA for one environment."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        environment_name: str,
        bucket_name: str,
        key: kms.IKey,
        lane: Lane,
    ) -> None:
        super().__init__(
            scope,
            id,
            services=("airflow", "airflow-env"),
            description=f"MWAA environment {environment_name}",
        )
        stack = cdk.Stack.of(self)
        allow(
            self,
            using(key),
            reading(stack.partition, bucket_name, [f"{PREFIX}/"]),
            reading_versions(stack.partition, bucket_name, [f"{PREFIX}/"]),
            Grant(
                # The guide says s3:GetBucket* and s3:List*; listed without a prefix, for the bucket is looked at too.
                actions=(
                    "s3:GetBucketLocation",
                    "s3:GetBucketPublicAccessBlock",
                    "s3:GetBucketVersioning",
                    "s3:GetEncryptionConfiguration",
                    "s3:ListBucket",
                ),
                resources=(f"arn:{stack.partition}:s3:::{bucket_name}",),
            ),
            Grant(
                actions=("s3:GetAccountPublicAccessBlock", "logs:DescribeLogGroups", "cloudwatch:PutMetricData"),
                resources=("*",),
                reason="These three take no resource",
            ),
            Grant(
                actions=("airflow:PublishMetrics",),
                resources=(
                    stack.format_arn(service="airflow", resource="environment", resource_name=environment_name),
                ),
            ),
            Grant(
                actions=(
                    "logs:CreateLogStream",
                    "logs:CreateLogGroup",
                    "logs:PutLogEvents",
                    "logs:GetLogEvents",
                    "logs:GetLogRecord",
                    "logs:GetLogGroupFields",
                    "logs:GetQueryResults",
                ),
                resources=(stack.format_arn(service="logs", resource=f"log-group:airflow-{environment_name}-*"),),
                reason="MWAA names the streams of its five log groups itself",
            ),
            Grant(
                actions=(
                    "sqs:ChangeMessageVisibility",
                    "sqs:DeleteMessage",
                    "sqs:GetQueueAttributes",
                    "sqs:GetQueueUrl",
                    "sqs:ReceiveMessage",
                    "sqs:SendMessage",
                ),
                resources=(stack.format_arn(service="sqs", account="*", resource="airflow-celery-*"),),
                reason="The workers' queue is MWAA's own, in an account of AWS, under a generated name",
            ),
            Grant(
                actions=(
                    "glue:StartJobRun",
                    "glue:GetJob",
                    "glue:GetJobRun",
                    "glue:GetJobRuns",
                    "glue:BatchStopJobRun",
                ),
                resources=lane.job_arns,
            ),
            Grant(actions=("glue:StartCrawler", "glue:GetCrawler"), resources=lane.crawler_arns),
        )
