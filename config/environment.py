"""Which environment is meant, and where: the file to read, and the account and region to synthesise for.

Flows in: what the command line and the process environment say. Flows out: a choice, with what has to be said about it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from config.target import ACCOUNT_VARIABLE, REGION_VARIABLE, Target, partition_of, target_of

ENVIRONMENT_VARIABLE = "NF1_ENVIRONMENT"
DEFAULT_ENVIRONMENT = "dev"
FORMER_CHINA, FORMER_CHINA_IS, FORMER_CHINA_REGION = "china", "prod", "cn-north-1"
"""An environment that was named after a partition; dev and prod are in every partition."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """`name` of the environment; `warnings` for people; `problems` that forbid it."""

    name: str
    target: Target
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def chosen(environment: str | None, environ: Mapping[str, str]) -> Choice:
    """`environment` (of the command line), else NF1_ENVIRONMENT, else dev."""
    name = environment or environ.get(ENVIRONMENT_VARIABLE) or DEFAULT_ENVIRONMENT
    misspelt = tuple(_misspelt(environ))
    if name != FORMER_CHINA:
        return Choice(name=name, target=target_of(environ), problems=misspelt)
    target = target_of(environ, default_region=FORMER_CHINA_REGION)
    elsewhere = (
        f"environment {FORMER_CHINA!r} is {FORMER_CHINA_IS} in a China region, and {REGION_VARIABLE} is "
        f"{target.region}; set {REGION_VARIABLE}={FORMER_CHINA_REGION}, or {ENVIRONMENT_VARIABLE}={FORMER_CHINA_IS}"
    )
    return Choice(
        name=FORMER_CHINA_IS,
        target=target,
        warnings=(
            f"environment {FORMER_CHINA!r} is a former name: taken as {FORMER_CHINA_IS} in {target.region}; say "
            f"{ENVIRONMENT_VARIABLE}={FORMER_CHINA_IS} {REGION_VARIABLE}={target.region} instead",
        ),
        problems=(*misspelt, *((elsewhere,) if partition_of(target.region) != "aws-cn" else ())),
    )


def _misspelt(environ: Mapping[str, str]) -> Iterable[str]:
    """A variable that nobody reads would leave its default in force without a word."""
    known = (ENVIRONMENT_VARIABLE, ACCOUNT_VARIABLE, REGION_VARIABLE)
    for name in sorted(environ):
        if name.startswith("NF1_") and name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            remedy = f"did you mean {close[0]}?" if close else f"unset it; there is {ENVIRONMENT_VARIABLE} only"
            yield f"{name} is a variable that nothing reads; {remedy}"
