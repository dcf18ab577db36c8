"""`lab destroy`: deletes stacks of the local AWS as `cdk destroy` would, and says what stays.

Flows in: names of stacks, all by default. Flows out: what was retained, one a line. On AWS it is `cdk destroy`.
"""

from __future__ import annotations

from argparse import Namespace

from lab.clock import Clock
from lab.console import Console
from lab.deploy import StacksNotDeployed
from lab.local_home import LocalHome
from lab.target import local_target


def command(arguments: Namespace, console: Console, home: LocalHome, clock: Clock) -> int:
    # Imported here: nothing else in the lab knows the local AWS.
    from local_aws.deployer import DeployFailed, DeployRefused, destroy

    target = local_target(home)
    began = clock.monotonic()
    try:
        changes = destroy(
            endpoint=target.endpoint or "",
            region=target.names.region,
            account=target.names.account,
            stacks=tuple(arguments.stacks) or None,
            unprotect=arguments.unprotect,
            progress=console.say,
        )
    except (DeployFailed, DeployRefused) as error:
        raise StacksNotDeployed(f"{type(error).__name__}: {error}") from error
    if arguments.stacks:
        console.say("the next `lab up` of this world deploys all its stacks again; `lab destroy` alone forgets them")
    else:
        home.deployment.unlink(missing_ok=True)
        home.world().forget_deployment()
    stays = [change for change in changes if change.action == "retain"]
    console.say(
        f"deleted {len(changes) - len(stays)} resources in {clock.monotonic() - began:.1f} s; {len(stays)} stay"
    )
    for change in stays:
        console.result(f"{change.resource} ({change.type}): {change.why}")
    return 0
