"""cdk-nag's AwsSolutions rules, run at synth."""

from __future__ import annotations

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks


def add_policy_checks(app: cdk.App) -> None:
    """A finding that is not acknowledged with its reason makes synth fail."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
