"""Deploys a CDK cloud assembly to the local AWS: a boto3 client of the gateway, nothing else.

Stages, each in its module: `assembly` reads cdk.out, `plan` decides everything that can be decided
without a call (order, types, properties, references), `changes` what an update means to each resource
(`update_rules` knows what the schemas say), `executor` performs through one small handler per resource
type in `kinds/`, `removal` deletes, `records` remember. What has no local meaning stands in `not_emulated`
with its reason and is remembered all the same; an unknown type or property is an error before the first
call. Cost of the design: there is no rollback, a failed deploy stays where it failed and says so.
"""

from local_aws.deployer.assembly.resource import DeployFailed, DeployRefused
from local_aws.deployer.changes import Change
from local_aws.deployer.deploy import Deployment, deploy, destroy

__all__ = ["Change", "DeployFailed", "DeployRefused", "Deployment", "deploy", "destroy"]
