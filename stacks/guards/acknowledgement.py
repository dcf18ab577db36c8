"""A finding of the policy checks that is meant, with its reason, on the one construct that it is about."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import IConstruct

NAG, BUILT_IN = "AwsSolutions", "CloudFormation-Validate"


def acknowledge(construct: IConstruct, finding: str, *, reason: str, by: str = NAG) -> None:
    """`finding` is the exact id, e.g. AwsSolutions-IAM5[Resource::*]; a bare rule id would acknowledge nothing."""
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=f"{by}::{finding}", reason=reason))
