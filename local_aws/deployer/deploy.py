"""The one entry: read the assembly, plan, perform, report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from boto3.session import Session
from botocore.config import Config

from local_aws.deployer.assembly import read_assembly
from local_aws.deployer.executor import Executor
from local_aws.deployer.kinds import KINDS
from local_aws.deployer.plan import make_plan
from local_aws.deployer.resource import Place
from local_aws.deployer.rules import check_rules


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What a deploy did. `created`: (stack/logical id, type, physical id); `not_emulated`: (stack/logical id, type);
    `outputs`: per stack. A second deploy of the same assembly gives the same."""

    created: tuple[tuple[str, str, str], ...]
    not_emulated: tuple[tuple[str, str], ...]
    outputs: dict[str, dict[str, str]]


def deploy(
    *,
    assembly: Path,
    endpoint: str,
    region: str = "us-east-1",
    account: str = "123456789012",
    stacks: tuple[str, ...] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Deployment:
    """Deploys `stacks` (all by default) and what they need; DeployRefused before any call, DeployFailed at one."""
    place = Place(account=account, region=region)
    wanted = read_assembly(assembly, stacks)
    check_rules(wanted, place=place)
    plan = make_plan(wanted, kinds=KINDS, place=place)
    executor = Executor(
        place=place,
        client=door_clients(endpoint, region),
        progress=progress,
        clock=time.monotonic,
        sleep=time.sleep,
    )
    executor.perform(plan)
    return Deployment(
        created=tuple(executor.created), not_emulated=tuple(executor.not_emulated), outputs=executor.outputs
    )


def door_clients(endpoint: str, region: str) -> Callable[[str], Any]:
    """A function from service to a client of the door; its key is the operator's, which is no secret."""
    session = Session(
        aws_access_key_id="lab",
        aws_secret_access_key="lab",  # noqa: S106
        region_name=region,
    )
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 3},
        s3={"addressing_style": "path"},
        inject_host_prefix=False,
    )
    return cache(lambda service: session.client(service, endpoint_url=endpoint, config=config))
