"""`lab deploy`: synthesises the six stacks and deploys them into the local AWS.

Flows in: app.py, or an assembly that is there already. Flows out: `.lab/cdk.out` and deployed stacks.
Deploying to AWS is `cdk deploy`'s business.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from lab.clock import Clock
from lab.console import Console
from lab.local_home import LocalHome
from lab.records import write_json
from lab.target import Target, local_target
from pipeline.errors import ConfigInvalid, PipelineError

SYNTH_BOUND_SECONDS = 300
_DONE = {
    "create": "created",
    "adopt": "adopted",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "retain": "kept though no longer used",
}


class StacksNotDeployed(PipelineError):
    """The local AWS refused a stack or a resource, which the message names."""


class SynthFailed(PipelineError):
    """app.py did not synthesise; its own message stands below."""


def command(arguments: Namespace, console: Console, home: LocalHome, clock: Clock) -> int:
    target = local_target(home)
    assembly = arguments.assembly or synthesised(target, console, home)
    deploy(
        assembly,
        target=target,
        console=console,
        home=home,
        clock=clock,
        adopting=arguments.import_existing_resources,
        imports=_mapping(arguments.resource_mapping),
    )
    return 0


def _mapping(file: Path | None) -> dict[str, dict[str, str]]:
    """Physical ids by logical id; raises ConfigInvalid."""
    if file is None:
        return {}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigInvalid(f"{file} is no resource mapping ({error}); write it as `cdk import` takes it") from error
    if not isinstance(found, dict) or not all(isinstance(one, dict) and one for one in found.values()):
        raise ConfigInvalid(f'{file} is no resource mapping; write {{"LogicalId": {{"KeyId": "..."}}}}')
    return found


def synthesised(target: Target, console: Console, home: LocalHome) -> Path:
    """`.lab/cdk.out`, made anew; raises SynthFailed."""
    console.say("synthesising the stacks")
    try:
        done = subprocess.run(
            [sys.executable, "app.py"],
            cwd=home.root,
            env=synth_environment(dict(os.environ), target, home),
            capture_output=True,
            text=True,
            timeout=SYNTH_BOUND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SynthFailed(f"app.py did not end within {SYNTH_BOUND_SECONDS} seconds; try `make synth`") from error
    if done.returncode:
        raise SynthFailed(f"app.py ended with code {done.returncode}:\n{done.stderr[-3000:]}")
    return home.assembly


def synth_environment(inherited: dict[str, str], target: Target, home: LocalHome) -> dict[str, str]:
    """The offline account and region, whatever the user's own AWS settings are."""
    kept = {name: value for name, value in inherited.items() if not name.startswith("AWS_")}
    node = Path(sys.prefix) / "bin/node"
    return {
        **({"JSII_NODE": str(node)} if node.exists() else {}),
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(home.root / ".cache/jsii"),
        **kept,
        "AWS_ACCOUNT": target.names.account,
        "AWS_DEFAULT_REGION": target.names.region,
        "CDK_OUTDIR": str(home.assembly),
        # The CDK keeps fingerprints of folders below the home, which may be nobody's to write.
        "HOME": str(home.root / ".cache/home"),
        # Policy checks are CI's and `make synth`'s; here they would cost half of the time.
        "CDK_VALIDATION": "false",
    }


def deploy(
    assembly: Path,
    *,
    target: Target,
    console: Console,
    home: LocalHome,
    clock: Clock,
    adopting: bool = False,
    imports: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """All stacks of `assembly`, as an update where they are there; raises StacksNotDeployed."""
    # Imported here: nothing else in the lab knows the local AWS.
    from local_aws.deployer import DeployFailed, DeployRefused
    from local_aws.deployer import deploy as deploy_assembly

    if not (assembly / "manifest.json").is_file():
        raise ConfigInvalid(f"{assembly} is no cloud assembly; leave --assembly out to synthesise one")
    began = clock.monotonic()
    try:
        done = deploy_assembly(
            assembly=assembly,
            endpoint=target.endpoint or "",
            region=target.names.region,
            account=target.names.account,
            stacks=None,
            adopting=adopting,
            imports=imports,
            progress=console.say,
        )
    except (DeployFailed, DeployRefused) as error:
        raise StacksNotDeployed(f"{type(error).__name__}: {error}") from error
    _restore(target, console, home)
    home.world().keep(assembly)
    stacks = sorted(path.name.removesuffix(".template.json") for path in assembly.glob("*.template.json"))
    write_json(
        {"stacks": stacks, "resources": [list(row) for row in done.resources], "not_emulated": list(done.not_emulated)},
        home.deployment,
    )
    counts = Counter(change.action for change in done.changes)
    made = ", ".join(f"{counts[action]} {word}" for action, word in _DONE.items() if counts[action]) or "no change"
    differs = "" if counts.keys() == {"create"} else f" ({made})"
    if done.elsewhere:
        console.say(f"left alone, for the assembly does not have them: {', '.join(done.elsewhere)}")
    took = f"{clock.monotonic() - began:.1f} s{differs}"
    console.say(
        f"deployed {len(done.resources)} resources of {len(stacks)} stacks in {took}; "
        f"{len(done.not_emulated)} have no local meaning and are not emulated (each in {home.shown(home.deployment)})"
    )


def _restore(target: Target, console: Console, home: LocalHome) -> None:
    """What the world held when the local AWS was last up goes back into the buckets, databases and queues."""
    if target.control is None:
        return
    counts = target.control.restore()
    if any(counts.values()):
        there = ", ".join(f"{number:,} {kind}" for kind, number in counts.items())
        console.say(f"the data of the world {home.world().name} is back: {there}, and the warehouse")
