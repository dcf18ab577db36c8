"""The lake's one bucket: landing for all, everything else by lane. Its prefixes are `pipeline.layout`'s."""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from pipeline.layout import CLAIMS, LOADS
from stacks.constructs.protection import Protection
from stacks.constructs.secure_bucket import SecureBucket

ATHENA = "athena/"
"""Query results, which can be computed again."""
SCRATCH_DAYS = 30
OLD_VERSION_DAYS, OLD_VERSION_DAYS_KEPT = 30, 365
"""In dev, and where data outlives its stack. A run reads pinned versions, so an overwritten upload must outlive every
run and every question about it."""


class DataBucket(SecureBucket):
    """Versioned, and telling EventBridge of every upload, multipart ones included."""

    def __init__(
        self, scope: Construct, id: str, *, bucket_name: str, access_logs_bucket: str, protection: Protection
    ) -> None:
        super().__init__(
            scope,
            id,
            bucket_name=bucket_name,
            protection=protection,
            access_logs_bucket=access_logs_bucket,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="old-versions",
                    noncurrent_version_expiration=cdk.Duration.days(
                        OLD_VERSION_DAYS if protection.removal == cdk.RemovalPolicy.DESTROY else OLD_VERSION_DAYS_KEPT
                    ),
                ),
                *(
                    s3.LifecycleRule(
                        id=f"scratch-{prefix.rstrip('/')}",
                        prefix=prefix,
                        expiration=cdk.Duration.days(SCRATCH_DAYS),
                    )
                    for prefix in (ATHENA, LOADS, CLAIMS)
                ),
            ],
        )
        # The L2's event_bridge_enabled would bring a function of its own for the same setting.
        bucket = cast(s3.CfnBucket, self.node.default_child)
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
        )
