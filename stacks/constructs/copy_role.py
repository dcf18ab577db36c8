"""The role under which Redshift's COPY reads the lake: committed data and load manifests, and nothing else."""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from constructs import Construct

from pipeline.layout import AGGREGATES, CURATED, LOADS
from stacks.access.grants import Grant, allow
from stacks.access.lake_access import listing, reading
from stacks.constructs.service_role import ServiceRole

PREFIXES = (CURATED, AGGREGATES, LOADS)


class CopyRole(ServiceRole):
    """The bucket is named, not referred to: it comes with a later stack."""

    def __init__(self, scope: Construct, id: str, *, bucket_name: str, key: kms.IKey) -> None:
        super().__init__(
            scope,
            id,
            services=("redshift-serverless", "redshift"),
            description="COPY from the curated lake",
        )
        partition = cdk.Stack.of(self).partition
        allow(
            self,
            listing(partition, bucket_name, PREFIXES),
            reading(partition, bucket_name, PREFIXES),
            Grant(actions=("kms:Decrypt",), resources=(key.key_arn,)),
        )
