"""The two entries: deploy (read the assembly, plan, perform, report) and destroy (what is recorded, in reverse)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from boto3.session import Session
from botocore.config import Config

from local_aws.deployer.assembly.assembly import read_assembly
from local_aws.deployer.assembly.resource import DeployRefused, Place
from local_aws.deployer.changes import Change
from local_aws.deployer.executor import Executor
from local_aws.deployer.kinds import KINDS
from local_aws.deployer.plan import make_plan
from local_aws.deployer.records import Records, StackRecord
from local_aws.deployer.removal import Remover
from local_aws.deployer.rules import check_rules
from local_aws.wire.keys import DEPLOYER_KEY


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What is there after a deploy, and what the deploy changed.

    `resources`: (stack/logical id, type, physical id); `not_emulated`: (stack/logical id, type); `outputs`: per stack.
    `changes` is empty where a deploy repeats the one before. `elsewhere` are stacks that are there and not in the
    assembly: nobody updates or removes them.
    """

    resources: tuple[tuple[str, str, str], ...]
    changes: tuple[Change, ...]
    not_emulated: tuple[tuple[str, str], ...]
    outputs: dict[str, dict[str, str]]
    elsewhere: tuple[str, ...] = ()


def deploy(
    *,
    assembly: Path,
    endpoint: str,
    region: str = "us-east-1",
    account: str = "123456789012",
    stacks: tuple[str, ...] | None = None,
    adopting: bool = False,
    imports: Mapping[str, Mapping[str, str]] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Deployment:
    """Deploys `stacks` (all by default) and what they need; DeployRefused before any change, DeployFailed at one.

    `adopting` and `imports` as in `Executor`.
    """
    place = Place(account=account, region=region)
    read = read_assembly(assembly, stacks)
    check_rules(read, place=place)
    client = gateway_clients(endpoint, region)
    records = Records(s3=client("s3"), place=place)
    executor = Executor(
        place=place,
        client=client,
        records=records,
        progress=progress,
        clock=time.monotonic,
        sleep=time.sleep,
        adopting=adopting,
        imports=imports or {},
    )
    executor.perform(make_plan(read, kinds=KINDS, place=place))
    known = {stack.name for stack in (read if stacks is None else read_assembly(assembly))}
    return Deployment(
        resources=tuple(executor.resources),
        changes=tuple(executor.changes),
        not_emulated=tuple(executor.not_emulated),
        outputs=executor.outputs,
        elsewhere=tuple(name for name in records.names() if name not in known),
    )


def destroy(
    *,
    endpoint: str,
    region: str = "us-east-1",
    account: str = "123456789012",
    stacks: tuple[str, ...] | None = None,
    unprotect: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Change, ...]:
    """Deletes `stacks` (all by default) and those that need them, dependents first, as `cdk destroy` does.

    `unprotect` switches termination protection off first. DeployRefused before any call, DeployFailed where a
    resource can't be deleted; what was retained is among the changes.
    """
    client, place = gateway_clients(endpoint, region), Place(account=account, region=region)
    records = Records(s3=client("s3"), place=place)
    changes: list[Change] = []
    remover = Remover(place=place, client=client, changes=changes, progress=progress)
    destroy_recorded(records, remover, stacks=stacks, unprotect=unprotect)
    return tuple(changes)


def destroy_recorded(records: Records, remover: Remover, *, stacks: tuple[str, ...] | None, unprotect: bool) -> None:
    """`destroy` on given records."""
    there = {name: records.read(name) for name in records.names()}
    if unknown := sorted(set(stacks or ()) - there.keys()):
        raise DeployRefused(f"no stack {', '.join(unknown)}; there are {', '.join(sorted(there)) or 'none'}")
    wanted = _with_dependents(set(there if stacks is None else stacks), there)
    locked = sorted(name for name in wanted if there[name].protected)
    if locked and not unprotect:
        raise DeployRefused(
            "nothing was deleted: "
            + "; ".join(f"Stack [{name}] cannot be deleted while TerminationProtection is enabled" for name in locked)
            + "; switch it off first (on AWS: aws cloudformation update-termination-protection "
            "--no-enable-termination-protection --stack-name NAME)"
        )
    order = TopologicalSorter({name: set(there[name].needs) & wanted for name in wanted}).static_order()
    for name in reversed(list(order)):
        record = there[name]
        remover.progress(f"{name}: deleting {len(record.resources)} resources")
        try:
            remover.clean_up(record, frozenset())
        finally:
            records.write(record)


def _with_dependents(wanted: set[str], there: Mapping[str, StackRecord]) -> set[str]:
    while more := {name for name, record in there.items() if set(record.needs) & wanted} - wanted:
        wanted = wanted | more
    return wanted


def gateway_clients(endpoint: str, region: str) -> Callable[[str], Any]:
    """A function from service to a client of the gateway; its key is the operator's, which is no secret."""
    session = Session(
        aws_access_key_id=DEPLOYER_KEY,
        aws_secret_access_key="lab",  # noqa: S106
        region_name=region,
    )
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 3},
        s3={"addressing_style": "path"},
        inject_host_prefix=False,
    )
    return cache(lambda service: session.client(service, endpoint_url=endpoint, config=config))
