"""An Athena workgroup that decides where results go, how they are encrypted, and how much a query may scan."""

from __future__ import annotations

from aws_cdk import aws_athena as athena
from aws_cdk import aws_kms as kms
from constructs import Construct

SCAN_LIMIT_BYTES = 100 * 1024**3
"""Half a US dollar at 5 USD per TB."""


class QueryWorkgroup(athena.CfnWorkGroup):
    """Settings are enforced: a client cannot send results elsewhere."""

    def __init__(self, scope: Construct, id: str, *, name: str, results: str, key: kms.IKey) -> None:
        shape = athena.CfnWorkGroup
        super().__init__(
            scope,
            id,
            name=name,
            # Without it a workgroup that ever ran a query can't be deleted; results lie in the bucket.
            recursive_delete_option=True,
            work_group_configuration=shape.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=SCAN_LIMIT_BYTES,
                result_configuration=shape.ResultConfigurationProperty(
                    output_location=results,
                    encryption_configuration=shape.EncryptionConfigurationProperty(
                        encryption_option="SSE_KMS", kms_key=key.key_arn
                    ),
                ),
            ),
        )
