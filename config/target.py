"""The account and region that stacks are synthesised for.

Flows in: `AWS_ACCOUNT` and `AWS_DEFAULT_REGION`. Flows out: a target; with a placeholder account as soon as one of them
is missing, so that nothing can be deployed by half an answer. `CDK_DEFAULT_*` is not read: the CDK CLI makes up a
region where none is set, and a deploy would end in the wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ACCOUNT_VARIABLE, REGION_VARIABLE = "AWS_ACCOUNT", "AWS_DEFAULT_REGION"
PLACEHOLDER_ACCOUNT = "123456789012"
PLACEHOLDER_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1"}
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


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


def target_of(environ: Mapping[str, str], *, partition: str) -> Target:
    """The environment's target, unchecked: see `target_problems`."""
    missing = tuple(name for name in (ACCOUNT_VARIABLE, REGION_VARIABLE) if not environ.get(name))
    if missing:
        region = environ.get(REGION_VARIABLE) or PLACEHOLDER_REGIONS[partition]
        return Target(account=PLACEHOLDER_ACCOUNT, region=region, missing=missing)
    return Target(account=environ[ACCOUNT_VARIABLE], region=environ[REGION_VARIABLE])


def target_problems(target: Target, *, partition: str) -> Iterable[str]:
    """Every reason for which the target can't be meant."""
    if not re.fullmatch(r"\d{12}", target.account):
        yield f"{ACCOUNT_VARIABLE} {target.account!r} is no account; set the 12 digits"
    if not REGION.fullmatch(target.region):
        yield f"{REGION_VARIABLE} {target.region!r} is no region; set one like us-east-1"
    elif target.region.startswith("cn-") != (partition == "aws-cn"):
        yield (
            f"{REGION_VARIABLE} {target.region} is not in partition {partition!r} of the settings; "
            f"set a region of it, or NF1_ENVIRONMENT={'dev' if partition == 'aws-cn' else 'china'}"
        )
