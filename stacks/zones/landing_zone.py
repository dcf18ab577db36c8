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
from stacks.constructs.protection import Protection
from stacks.constructs.secure_log_group import SecureLogGroup
from stacks.constructs.zone_key import ZoneKey


class LandingZone(ProjectStack):
    """Gives `protection` and `network`."""

    def __init__(self, scope: Construct, *, settings: Settings) -> None:
        super().__init__(scope, "LandingZone", settings=settings, description="Network, key, logs and audit trail")
        names = self.names
        key = ZoneKey(self, "Key", alias=names.key_alias, trail_name=names.trail, removal=self.removal)
        self.protection = Protection(
            key=key,
            removal=self.removal,
            retention_days=settings.log_retention_days,
            security_configuration=names.security_configuration,
        )
        logs = LoggingBucket(self, "Logs", bucket_name=names.logging_bucket, protection=self.protection)
        AuditTrail(self, "Trail", trail_name=names.trail, bucket=logs, key=key)
        flow_log = SecureLogGroup(
            self, "FlowLog", log_group_name=names.log_group("vpc-flow"), protection=self.protection, audit=True
        )
        self.network = Network(self, "Network", network=settings.network, flow_log=flow_log)
