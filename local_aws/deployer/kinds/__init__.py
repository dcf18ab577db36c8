"""Every resource type that the local AWS runs, with its handler."""

from local_aws.deployer.assembly.resource import Kind
from local_aws.deployer.kinds import (
    airflow,
    buckets,
    events,
    functions,
    glue,
    identity,
    keys,
    logs,
    machines,
    messages,
    parameters,
    warehouse,
)

KINDS: dict[str, Kind] = {
    **airflow.KINDS,
    **buckets.KINDS,
    **events.KINDS,
    **functions.KINDS,
    **glue.KINDS,
    **identity.KINDS,
    **keys.KINDS,
    **logs.KINDS,
    **machines.KINDS,
    **messages.KINDS,
    **parameters.KINDS,
    **warehouse.KINDS,
}

__all__ = ["KINDS"]
