"""What all six stacks have in common: name, environment, tags, and a lock against the wrong place."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from config.settings import Settings
from stacks.guards.acknowledgement import acknowledge
from stacks.guards.place_guard import guard_place

ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}

DESTROY = cdk.RemovalPolicy.DESTROY
RETAIN = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
"""Kept when its stack is deleted or it is replaced; but what a failed first deploy has made is removed again, or its
name would block the next one."""


class ProjectStack(cdk.Stack):
    """A stack of one environment, named by `Names.stack`.

    `removal` is for what must outlive its stack outside dev, and for nothing else: data, keys, audit (decision 24).
    """

    def __init__(self, scope: Construct, part: str, *, settings: Settings, description: str) -> None:
        super().__init__(
            scope,
            settings.names.stack(part),
            description=description,
            env=cdk.Environment(account=settings.target.account, region=settings.target.region),
            analytics_reporting=False,
            termination_protection=settings.stage == "production",
            tags=settings.tags,
        )
        self.settings = settings
        self.names = settings.names
        self.removal = DESTROY if settings.removal == "destroy" else RETAIN
        self.architecture = ARCHITECTURES[settings.functions.architecture]
        if not settings.glue.encrypt_logs:
            acknowledge(self, "AwsSolutions-GL1", reason=f"Glue encrypts no logs in {settings.target.region}")
        guard_place(self, settings.target)

    @property
    def availability_zones(self) -> list[str]:
        """The configured zones: `Vpc` reads this even where zones are given, and would ask AWS at synth."""
        return [f"{self.settings.target.region}{zone}" for zone in self.settings.network.zones]
