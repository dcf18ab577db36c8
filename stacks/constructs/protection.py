"""How what a stack stores is kept, as one value: every construct that stores something takes it."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_kms as kms


@dataclass(frozen=True, kw_only=True)
class Protection:
    """`removal` is for data, keys and audit alone (decision 24); `security_configuration` is Glue's, by name."""

    key: kms.IKey
    removal: cdk.RemovalPolicy
    retention_days: int
    security_configuration: str
