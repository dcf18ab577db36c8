"""`lab status`: whether the local AWS is up, what is deployed in it and how the last runs ended."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator
from textwrap import fill
from typing import Any

from lab.clock import Clock
from lab.console import Console
from lab.control import Control
from lab.failures import SERVICE_FAILURES
from lab.json_output import write_json_output
from lab.local_home import LocalHome
from lab.measure.ledger import read_ledger, states
from lab.plain_text import shown
from lab.processes import living
from lab.records import read_runs
from lab.target import Target, local_target
from lake.named_failures import NAMED_FAILURES
from pipeline.steps import LANES

NAMED = 3  # of a dataset in a lane


def command(arguments: Namespace, console: Console, home: LocalHome, _clock: Clock) -> int:
    found = status_of(home)
    if arguments.json:
        write_json_output(found, arguments.json, console)
    for name, value in found.items():
        if not isinstance(value, list):
            console.result(_line(name, "-" if value is None else str(value), console.width()))
    for line in rejected_lines(found["rejected"]):
        console.result(line)
    return 0


def _line(name: str, value: str, width: int) -> str:
    """Longer than the terminal is wide, it goes on below the value."""
    return fill(
        f"{name:<12}{value}",
        width=max(width, 40),
        subsequent_indent=" " * 12,
        break_long_words=False,
        break_on_hyphens=False,
    )


def rejected_lines(rejected: list[dict[str, Any]]) -> Iterator[str]:
    """What is open or held, by lane and dataset; nothing where nothing is."""
    for one in rejected:
        named = [f"{shown(key)} refused since {since[:10]}" for key, since in one["open"][:NAMED]]
        named += [f"batch {batch_id[:12]} held since {since[:10]}" for batch_id, since in one["held"][:NAMED]]
        left = len(one["open"]) + len(one["held"]) - len(named)
        more = f" and {left} more" if left else ""
        yield f"{'rejected':<12}{one['lane']}, {one['dataset']}: {', '.join(named)}{more}"


def rejected_in(target: Target) -> Iterator[dict[str, Any]]:
    """By lane and dataset, the open files and held batches, each with the time since when."""
    s3, bucket = target.client("s3"), target.names.data_bucket
    for lane in LANES:
        entries = read_ledger(s3=s3, bucket=bucket, lane=lane, datasets=target.settings.datasets)
        for dataset, state in states(entries).items():
            files = [(one.key, one.since) for one in state.open_files]
            held = [(one.batch_id, one.since) for one in state.held]
            if files or held:
                yield {"lane": lane, "dataset": dataset, "open": files, "held": held}


def airflow_line(control: Control) -> str | None:
    """Where a person signs in to the local Airflow; None where none runs."""
    login = control.airflow_login()
    return f"{login['url']} (user {login['user']}, password {login['password']})" if login else None


def status_of(home: LocalHome) -> dict[str, Any]:
    endpoint = home.endpoint()
    up = bool(endpoint) and Control(endpoint=endpoint or "").healthy()
    deployed = json.loads(home.deployment.read_text()) if home.deployment.is_file() else {}
    runs = read_runs(home.runs).runs if home.runs.is_file() else ()
    return {
        "local AWS": "up" if up else "not answering" if endpoint else "down",
        "endpoint": endpoint,
        "log": home.shown(home.log) if home.log.is_file() else None,
        "Airflow": airflow_line(Control(endpoint=endpoint or "")) if up else None,
        "world": home.world().name if up else None,
        "processes": len(living(home.gateway)),
        "deployed": ", ".join(deployed.get("stacks", [])) or None,
        "rejected": _rejected(home) if up and deployed else [],
        "last runs": ", ".join(f"{run.orchestrator} {run.status}" for run in runs) or None,
    }


def _rejected(home: LocalHome) -> list[dict[str, Any]]:
    try:
        return list(rejected_in(local_target(home)))
    except (*NAMED_FAILURES, *SERVICE_FAILURES):  # what is up may be half deployed; its state is shown all the same
        return []
