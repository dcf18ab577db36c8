"""Whether the jobs that are deployed are made of this checkout's sources: contracts, jobs, the domain.

Flows in: a deployed job's arguments, the checkout. Flows out: nothing, or what differs and the remedy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pipeline.errors import ConfigInvalid

if TYPE_CHECKING:
    from types_boto3_glue import GlueClient

ARGUMENT = "--code_version"


def check_deployed_code(
    *, glue: GlueClient, jobs: Sequence[str], here: str, on: str, say: Callable[[str], None]
) -> None:
    """`here` is this checkout's code version; the first of `jobs` that was given one stands for all. Errors of the call
    are the caller's.

    Locally raises ConfigInvalid where it differs, since deploying takes seconds; on AWS it is reported.
    """
    versions = (glue.get_job(JobName=job)["Job"].get("DefaultArguments", {}).get(ARGUMENT) for job in jobs)
    if next(filter(None, versions), None) == here:
        return
    differs = "what is deployed was made from other sources (contracts, jobs) than this checkout has now"
    if on == "local":
        raise ConfigInvalid(f"{differs}; `lab deploy` first")
    say(f"{differs}; this run uses what is deployed")
