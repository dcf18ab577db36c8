"""NF1-LandingZone: network, key, logging bucket and audit trail, on which every other stack stands."""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

from constructs import Construct

from config.settings import Settings
from stacks.constructs.audit_trail import AuditTrail
from stacks.constructs.logging_bucket import LoggingBucket
from stacks.constructs.network import Network
from stacks.constructs.project_stack import ProjectStack
from stacks.constructs.secure_log_group import SecureLogGroup
from stacks.constructs.zone_key import ZoneKey


class LandingZone(ProjectStack):
    """Gives `key` and `network`."""

    def __init__(self, scope: Construct, *, settings: Settings) -> None:
        super().__init__(scope, "LandingZone", settings=settings, description="Network, key, logs and audit trail")
        slug = self.names.slug
        trail_name = self.names.trail
        self.key = ZoneKey(self, "Key", alias=slug, trail_name=trail_name, removal=self.removal)
        logs = LoggingBucket(
            self,
            "Logs",
            bucket_name=self.names.logging_bucket,
            retention_days=settings.log_retention_days,
            removal=self.removal,
        )
        AuditTrail(self, "Trail", trail_name=trail_name, bucket=logs, key=self.key)
        flow_log = SecureLogGroup(
            self,
            "FlowLog",
            log_group_name=f"/{slug}/vpc-flow",
            encryption_key=self.key,
            retention_days=settings.log_retention_days,
            removal=self.removal,
        )
        self.network = Network(self, "Network", network=settings.network, flow_log=flow_log)
