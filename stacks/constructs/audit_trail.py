"""CloudTrail: who changed what in the account, kept beside the access logs, with digests against tampering."""

from __future__ import annotations

from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct


class AuditTrail(cloudtrail.Trail):
    """Management events of all regions; data events are left out, which cost per object read."""

    def __init__(self, scope: Construct, id: str, *, trail_name: str, bucket: s3.IBucket, key: kms.IKey) -> None:
        super().__init__(
            scope,
            id,
            trail_name=trail_name,
            bucket=bucket,
            s3_key_prefix="cloudtrail",
            encryption_key=key,
            enable_file_validation=True,
            is_multi_region_trail=True,
        )
