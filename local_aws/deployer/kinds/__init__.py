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
)  # fmt: skip

_MODULES = (
    airflow, buckets, events, functions, glue, identity, keys, logs, machines, messages, parameters, warehouse,
)  # fmt: skip
KINDS: dict[str, Kind] = {name: kind for module in _MODULES for name, kind in module.KINDS.items()}
