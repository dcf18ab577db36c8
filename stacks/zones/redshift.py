"""NF1-Redshift: the warehouse, and the role under which it reads the lake."""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

from constructs import Construct

from config.settings import Settings
from stacks.constructs.copy_role import CopyRole
from stacks.constructs.project_stack import ProjectStack
from stacks.constructs.warehouse import Warehouse
from stacks.zones.landing_zone import LandingZone


class Redshift(ProjectStack):
    """Gives `warehouse` and `copy_role`."""

    def __init__(self, scope: Construct, *, settings: Settings, zone: LandingZone) -> None:
        super().__init__(scope, "Redshift", settings=settings, description="Redshift Serverless and its COPY role")
        self.copy_role = CopyRole(self, "CopyRole", bucket_name=self.names.data_bucket, key=zone.protection.key)
        self.warehouse = Warehouse(
            self,
            "Warehouse",
            settings=settings,
            network=zone.network,
            copy_role=self.copy_role,
            protection=zone.protection,
        )
