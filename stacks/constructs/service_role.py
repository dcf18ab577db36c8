"""A role that AWS services assume, for this account only: a service must not be talked into it from another account.

A condition on a key that a service does not send would shut the service out, so the plain form stands where AWS
documents the key for the service's role; elsewhere `IfExists` holds the service to it as soon as it sends the key.
"""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

DOCUMENTED = {
    "glue": "https://docs.aws.amazon.com/glue/latest/dg/cross-service-confused-deputy-prevention.html",
    "states": "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html",
    "events": "https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html",
    "airflow": "https://docs.aws.amazon.com/mwaa/latest/userguide/cross-service-confused-deputy-prevention.html",
    "airflow-env": "https://docs.aws.amazon.com/mwaa/latest/userguide/cross-service-confused-deputy-prevention.html",
    "vpc-flow-logs": "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html",
}
"""Services that send aws:SourceAccount when they assume a role, and the page that says so."""


class ServiceRole(iam.Role):
    """`services` by the first part of their principals, e.g. `glue`."""

    def __init__(self, scope: Construct, id: str, *, services: tuple[str, ...], description: str) -> None:
        account = cdk.Stack.of(scope).account
        principals = [
            iam.ServicePrincipal(
                f"{service}.amazonaws.com",
                conditions={
                    "StringEquals" if service in DOCUMENTED else "StringEqualsIfExists": {"aws:SourceAccount": account}
                },
            )
            for service in services
        ]
        super().__init__(
            scope,
            id,
            description=description,
            assumed_by=principals[0] if len(principals) == 1 else iam.CompositePrincipal(*principals),
        )
