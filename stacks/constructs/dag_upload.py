"""Copies DAGs, and the domain they import, to the prefix that MWAA reads."""

from __future__ import annotations

from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from stacks.constructs.project_code import dag_sources
from stacks.constructs.secure_log_group import SecureLogGroup

PREFIX = "dags"


class DagUpload(deployment.BucketDeployment):
    """What is no longer in the checkout leaves the prefix too."""

    def __init__(self, scope: Construct, id: str, *, bucket: s3.IBucket, log_group: SecureLogGroup) -> None:
        super().__init__(
            scope,
            id,
            sources=dag_sources(),
            destination_bucket=bucket,
            destination_key_prefix=PREFIX,
            prune=True,
            retain_on_delete=False,
            memory_limit=256,
            log_group=log_group,
        )
