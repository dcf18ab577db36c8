"""A log group that is encrypted and forgets."""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.constructs.protection import Protection
from stacks.constructs.replacement import keep_when_replaced


class SecureLogGroup(logs.LogGroup):
    """Named where AWS expects a name; logs hold no row values and are kept as long as the settings say.

    It goes with its stack, as what writes to it does, unless it is for `audit`. Outside dev a replaced one stays
    with what is in it.
    """

    def __init__(
        self, scope: Construct, id: str, *, log_group_name: str, protection: Protection, audit: bool = False
    ) -> None:
        super().__init__(
            scope,
            id,
            log_group_name=log_group_name,
            encryption_key=protection.key,
            removal_policy=protection.removal if audit else cdk.RemovalPolicy.DESTROY,
        )
        keep_when_replaced(self)
        # The L2's enum has a member per number of days; the number itself is what CloudFormation takes.
        cast(logs.CfnLogGroup, self.node.default_child).retention_in_days = protection.retention_days
