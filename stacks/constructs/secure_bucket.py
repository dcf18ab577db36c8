"""A bucket nobody reads in the clear: encrypted, TLS-only, private, versioned, logged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.constructs.protection import Protection


class SecureBucket(s3.Bucket):
    """Without `access_logs_bucket` it is the one that holds access logs, which AWS can't write with a customer key.

    With removal DESTROY the bucket is emptied with its stack; else both bucket and content stay.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket_name: str,
        protection: Protection,
        access_logs_bucket: str | None = None,
        lifecycle_rules: Sequence[s3.LifecycleRule] = (),
    ) -> None:
        key = protection.key if access_logs_bucket else None
        super().__init__(
            scope,
            id,
            bucket_name=bucket_name,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=True,
            removal_policy=protection.removal,
            auto_delete_objects=protection.removal == cdk.RemovalPolicy.DESTROY,
            lifecycle_rules=[
                # An upload that is never completed is invisible and billed.
                s3.LifecycleRule(id="unfinished", abort_incomplete_multipart_upload_after=cdk.Duration.days(1)),
                *lifecycle_rules,
            ],
        )
        if access_logs_bucket:
            # By name: the L2 takes a reference, and the logging bucket's stack would then wait for this one.
            bucket = cast(s3.CfnBucket, self.node.default_child)
            bucket.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
                destination_bucket_name=access_logs_bucket, log_file_prefix=f"s3/{bucket_name}/"
            )
