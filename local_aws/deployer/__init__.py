"""Deploys a CDK cloud assembly to the local AWS: a boto3 client of the door, nothing else.

Stages, each in its module: `assembly` reads cdk.out, `plan` decides everything that can be decided
without a call (order, types, properties, references), `executor` performs through one small handler
per resource type in `kinds/`. What has no local meaning stands in `not_emulated` with its reason; an
unknown type or property is an error before the first call. Cost of the design: stacks are never
updated by difference; every deploy writes every resource again, and removed ones stay until the local
AWS's state is removed.
"""

from local_aws.deployer.deploy import Deployment, deploy
from local_aws.deployer.errors import DeployFailed, DeployRefused

__all__ = ["DeployFailed", "DeployRefused", "Deployment", "deploy"]
