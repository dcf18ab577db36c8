"""`lab status`: whether the local AWS is up, what is deployed in it and how the last runs ended."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from lab.clock import Clock
from lab.console import Console
from lab.control import Control
from lab.json_output import write_json_output
from lab.local_home import LocalHome
from lab.processes import living
from lab.records import read_runs


def command(arguments: Namespace, console: Console, home: LocalHome, _clock: Clock) -> int:
    found = status_of(home)
    if arguments.json:
        write_json_output(found, arguments.json, console)
    for name, value in found.items():
        console.result(f"{name:<12}{value if value is not None else '-'}")
    return 0


def status_of(home: LocalHome) -> dict[str, Any]:
    endpoint = home.endpoint()
    up = bool(endpoint) and Control(endpoint=endpoint or "").healthy()
    deployed = json.loads(home.deployment.read_text()) if home.deployment.is_file() else {}
    runs = read_runs(home.runs)["runs"] if home.runs.is_file() else []
    return {
        "local AWS": "up" if up else "not answering" if endpoint else "down",
        "endpoint": endpoint,
        "log": home.shown(home.log) if home.log.is_file() else None,
        "world": home.world().name if up else None,
        "processes": len(living(home.door)),
        "deployed": ", ".join(deployed.get("stacks", [])) or None,
        "last runs": ", ".join(f"{run['orchestrator']} {run['status']}" for run in runs) or None,
    }
