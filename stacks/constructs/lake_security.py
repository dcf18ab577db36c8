"""Glue's security configuration: what jobs and crawlers write to S3, to logs and as bookmarks is encrypted."""

from __future__ import annotations

from aws_cdk import aws_glue as glue
from aws_cdk import aws_kms as kms
from constructs import Construct


class LakeSecurity(glue.CfnSecurityConfiguration):
    """One for all jobs and crawlers; without `encrypt_logs`, logs are under CloudWatch's own keys."""

    def __init__(self, scope: Construct, id: str, *, name: str, key: kms.IKey, encrypt_logs: bool) -> None:
        shape = glue.CfnSecurityConfiguration
        logs = shape.CloudWatchEncryptionProperty
        super().__init__(
            scope,
            id,
            name=name,
            encryption_configuration=shape.EncryptionConfigurationProperty(
                s3_encryptions=[shape.S3EncryptionProperty(s3_encryption_mode="SSE-KMS", kms_key_arn=key.key_arn)],
                cloud_watch_encryption=logs(cloud_watch_encryption_mode="SSE-KMS", kms_key_arn=key.key_arn)
                if encrypt_logs
                else logs(cloud_watch_encryption_mode="DISABLED"),
                job_bookmarks_encryption=shape.JobBookmarksEncryptionProperty(
                    job_bookmarks_encryption_mode="CSE-KMS", kms_key_arn=key.key_arn
                ),
            ),
        )
