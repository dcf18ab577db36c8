"""What a role may do, with its reason: a wildcard without one is refused at synth.

Flows in: actions, resources, and why a resource cannot be named exactly. Flows out: statements in the role's policy,
and the acknowledgement of exactly those wildcards for the policy checks. Does not decide who gets what.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from stacks.guards.acknowledgement import acknowledge


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Allowed actions on resources; `reason` is for the wildcards among the resources."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, object]] | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        if any("*" in action for action in self.actions):
            raise ValueError(f"actions {', '.join(self.actions)} hold a wildcard; name each action")
        if self.wildcards and not self.reason:
            raise ValueError(f"{', '.join(self.wildcards)} hold a wildcard; name the resource, or give the reason")

    @property
    def wildcards(self) -> tuple[str, ...]:
        """Resources that are patterns."""
        return tuple(resource for resource in self.resources if "*" in resource or "?" in resource)


def allow(role: iam.Role, *grants: Grant) -> None:
    """Adds the grants to the role's own policy."""
    for grant in grants:
        if not grant.resources:  # a pipeline without crawls, say: IAM takes no statement about nothing
            continue
        role.add_to_policy(
            iam.PolicyStatement(
                actions=list(grant.actions),
                resources=list(grant.resources),
                conditions=dict(grant.conditions) if grant.conditions else None,
            )
        )
        for resource in grant.wildcards:
            # The policy checks look for * only.
            if "*" in resource:
                acknowledge(role, f"AwsSolutions-IAM5[Resource::{resource}]", reason=str(grant.reason))


def sealing(key: kms.IKey) -> Grant:
    """Write what the key protects to S3 and SNS: both encrypt under a data key, and SNS checks that it can decrypt.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    """
    return Grant(actions=("kms:Decrypt", "kms:GenerateDataKey"), resources=(key.key_arn,))


def using(key: kms.IKey) -> Grant:
    """All that MWAA's guide asks for of a customer key; the CDK's own grants bring kms:ReEncrypt* as well."""
    return Grant(
        actions=("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"), resources=(key.key_arn,)
    )
