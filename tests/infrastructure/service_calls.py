"""What AWS services call in a role's name: no code of ours shows it, so each row says who says so.

A row with `source` "assumption" is one that only an account can prove; local_aws/CHECKED.md says how.
"""

from __future__ import annotations

from dataclasses import dataclass

GUIDE = "https://docs.aws.amazon.com"
GLUE_LOGS = f"{GUIDE}/glue/latest/dg/monitor-continuous-logging.html"
GLUE_POLICY = f"{GUIDE}/aws-managed-policy/latest/reference/AWSGlueServiceRole.html"
GLUE_SEALED = f"{GUIDE}/glue/latest/dg/encryption-security-configuration.html"
GLUE_METRICS = f"{GUIDE}/glue/latest/dg/monitoring-awsglue-with-cloudwatch-metrics.html"
MWAA_ROLE = f"{GUIDE}/mwaa/latest/userguide/mwaa-create-role.html"
SFN_GLUE = f"{GUIDE}/step-functions/latest/dg/connect-glue.html"
SFN_LOGS = f"{GUIDE}/step-functions/latest/dg/cw-logs.html"
SFN_XRAY = f"{GUIDE}/step-functions/latest/dg/concepts-xray-tracing.html"
LAMBDA_ROLE = f"{GUIDE}/lambda/latest/dg/lambda-intro-execution-role.html"
LAMBDA_DEAD = f"{GUIDE}/lambda/latest/dg/invocation-async-retain-records.html"
LAMBDA_VPC = f"{GUIDE}/lambda/latest/dg/configuration-vpc.html"
COPY_ROLE = f"{GUIDE}/redshift/latest/dg/copy-usage_notes-access-permissions.html"
SECRET = f"{GUIDE}/redshift/latest/mgmt/data-api-access.html"
SEALED_BUCKET = f"{GUIDE}/AmazonS3/latest/userguide/UsingKMSEncryption.html"
SEALED_TOPIC = f"{GUIDE}/sns/latest/dg/sns-key-management.html"
FLOW_LOGS = f"{GUIDE}/vpc/latest/userguide/flow-logs-iam-role.html"
AIRFLOW = "apache-airflow-providers-amazon 9.25.0"
ASSUMED = "assumption"


@dataclass(frozen=True, kw_only=True)
class ServiceCalls:
    """Actions that one service takes in the name of such a role."""

    actions: tuple[str, ...]
    source: str


def _calls(source: str, *actions: str) -> ServiceCalls:
    return ServiceCalls(actions=actions, source=source)


GLUE = (
    _calls(GLUE_LOGS, "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:AssociateKmsKey"),
    _calls(GLUE_SEALED, "glue:GetSecurityConfiguration", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"),
)
JOB = (*GLUE, _calls(GLUE_METRICS, "cloudwatch:PutMetricData"), _calls(GLUE_POLICY, "s3:GetObject"))
"""s3:GetObject: Glue fetches script and packages in the job's name."""
SPARK = (_calls(GLUE_POLICY, "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"),)
SECRETS = (_calls(SECRET, "secretsmanager:GetSecretValue"),)
CRAWLER = (
    *GLUE,
    _calls(GLUE_POLICY, "s3:GetBucketLocation", "s3:ListBucket", "s3:GetObject"),
    # The policy allows glue:*; which of it a crawl that never deletes takes is told by no page.
    _calls(
        ASSUMED,
        "glue:GetDatabase",
        "glue:GetTable",
        "glue:GetTables",
        "glue:CreateTable",
        "glue:UpdateTable",
        "glue:GetPartition",
        "glue:GetPartitions",
        "glue:BatchGetPartition",
        "glue:BatchCreatePartition",
        "glue:BatchUpdatePartition",
    ),
)
FUNCTION = (
    _calls(LAMBDA_ROLE, "logs:CreateLogStream", "logs:PutLogEvents"),
    _calls(LAMBDA_DEAD, "sqs:SendMessage"),
)
FROM_QUEUE = (
    _calls(
        f"{GUIDE}/lambda/latest/dg/services-sqs-configure.html",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    ),
    # The CDK's own grant to consumers brings these two as well; Lambda's guide does not ask for them.
    _calls(ASSUMED, "sqs:ChangeMessageVisibility", "sqs:GetQueueUrl"),
)
IN_VPC = (
    _calls(
        LAMBDA_VPC,
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ),
)
MISSING_KEYS = (_calls(f"{GUIDE}/AmazonS3/latest/API/API_GetObject.html", "s3:ListBucket"),)
"""Without it, a key that is missing is answered 403, and not 404 as the code expects."""
PUBLISHER = (
    *MISSING_KEYS,
    _calls(SEALED_TOPIC, "kms:Decrypt", "kms:GenerateDataKey"),
    _calls(SEALED_BUCKET, "kms:Decrypt", "kms:GenerateDataKey"),
)
COPY = (_calls(COPY_ROLE, "s3:GetObject", "s3:ListBucket"), _calls(SEALED_BUCKET, "kms:Decrypt"))
FLOW_LOG = (_calls(FLOW_LOGS, "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"),)
MACHINE = (
    _calls(
        SFN_LOGS,
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
    ),
    _calls(
        SFN_XRAY,
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
    ),
)
INTEGRATIONS = {
    "glue:startJobRun.sync": _calls(
        SFN_GLUE, "glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"
    ),
    "lambda:invoke": _calls(f"{GUIDE}/step-functions/latest/dg/connect-lambda.html", "lambda:InvokeFunction"),
    "aws-sdk:glue:startCrawler": _calls(
        f"{GUIDE}/step-functions/latest/dg/supported-services-awssdk.html", "glue:StartCrawler"
    ),
    "aws-sdk:glue:getCrawler": _calls(
        f"{GUIDE}/step-functions/latest/dg/supported-services-awssdk.html", "glue:GetCrawler"
    ),
}
"""By what stands behind `states:::` in a Task's Resource."""
ENVIRONMENT = (
    _calls(
        MWAA_ROLE,
        "airflow:PublishMetrics",
        "cloudwatch:PutMetricData",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey",
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:GetLogEvents",
        "logs:GetLogGroupFields",
        "logs:GetLogRecord",
        "logs:GetQueryResults",
        "logs:PutLogEvents",
        "s3:GetAccountPublicAccessBlock",
        "s3:GetBucketLocation",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketVersioning",
        "s3:GetEncryptionConfiguration",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:ListBucket",
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
    ),
    _calls(
        f"{AIRFLOW}: operators/glue.py, hooks/glue.py, triggers/glue.py, waiters/glue.json",
        "glue:StartJobRun",
        "glue:GetJob",
        "glue:GetJobRun",
        "glue:GetJobRuns",
        "glue:BatchStopJobRun",
    ),
    _calls(f"{AIRFLOW}: operators/lambda_function.py, hooks/lambda_function.py", "lambda:InvokeFunction"),
    _calls(f"{AIRFLOW}: operators/glue_crawler.py, hooks/glue_crawler.py", "glue:StartCrawler", "glue:GetCrawler"),
)
