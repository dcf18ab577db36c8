"""The account and region that stacks are synthesised for, and the partition, which follows from the region.

Flows in: `AWS_ACCOUNT` and `AWS_DEFAULT_REGION`. Flows out: a target; with a placeholder account where none is named,
so that nothing can be deployed by half an answer. `CDK_DEFAULT_*` is not read: the CDK CLI makes up a region where none
is set, and a deploy would end in the wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ACCOUNT_VARIABLE, REGION_VARIABLE = "AWS_ACCOUNT", "AWS_DEFAULT_REGION"
PLACEHOLDER_ACCOUNT = "123456789012"
PLACEHOLDER_REGION = "us-east-1"
PARTITIONS = {
    "aws": re.compile(r"(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-[0-9]"),
    "aws-cn": re.compile(r"cn-[a-z]+-[0-9]"),
}
"""Partitions that the stacks are made for, by their regions; source: botocore's endpoints.json."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a deploy goes; `missing` names the variables for whose lack this is a placeholder."""

    account: str
    region: str
    missing: tuple[str, ...] = ()

    @property
    def is_placeholder(self) -> bool:
        """Good for synth and for the local AWS, refused by any deploy to AWS."""
        return bool(self.missing)

    @property
    def partition(self) -> str:
        """`aws` or `aws-cn`; what is neither is refused by `target_problems`."""
        return partition_of(self.region) or "aws"


def partition_of(region: str) -> str | None:
    """The partition whose regions are named like this one; None if the stacks know none."""
    return next((name for name, regions in PARTITIONS.items() if regions.fullmatch(region)), None)


def target_of(environ: Mapping[str, str], *, default_region: str | None = None) -> Target:
    """The target, unchecked: see `target_problems`. `default_region` is a region as good as a named one."""
    region = environ.get(REGION_VARIABLE) or default_region
    account = environ.get(ACCOUNT_VARIABLE)
    missing = tuple(name for name, value in ((ACCOUNT_VARIABLE, account), (REGION_VARIABLE, region)) if not value)
    return Target(
        account=account or PLACEHOLDER_ACCOUNT,
        region=region or PLACEHOLDER_REGION,
        missing=missing,
    )


def target_problems(target: Target) -> Iterable[str]:
    """Every reason for which the target can't be meant."""
    if not re.fullmatch(r"[0-9]{12}", target.account):
        yield f"{ACCOUNT_VARIABLE} {target.account!r} is no account; set the 12 digits"
    if target.missing == (REGION_VARIABLE,):
        yield (
            f"{REGION_VARIABLE} is not set, and {ACCOUNT_VARIABLE} is; set both, e.g. {REGION_VARIABLE}="
            f"{PLACEHOLDER_REGION}, or neither to synthesise for a placeholder"
        )
    if not re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-[0-9]", target.region):
        yield f"{REGION_VARIABLE} {target.region!r} is no region; set one like us-east-1"
    elif partition_of(target.region) is None:
        yield (
            f"{REGION_VARIABLE} {target.region} is in none of the partitions that the stacks are made for "
            f"({', '.join(PARTITIONS)}); set a region like us-east-1 or cn-north-1"
        )
