"""The user stops a run: it ends, with one message and a record, and leaves everything as it was."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from io import StringIO

import pytest

from lab import run
from lab.clock import WALL, Clock
from lab.console import Console
from tests.local_pipeline import Stage


def interrupting_once() -> Callable[[float], None]:
    """Ctrl-C while the lab waits for its second look at the run; it waits normally afterwards."""
    first = [True]

    def sleep(seconds: float) -> None:
        if first.pop() if first else False:
            raise KeyboardInterrupt
        WALL.sleep(seconds)

    return sleep


@pytest.mark.parametrize(
    ("lane", "subject", "said"),
    [
        ("glue", "FAILED: csv_to_parquet on glue at ", "failed"),
        ("stepfunctions", "STOPPED: csv_to_parquet on stepfunctions at ", "stopped"),
    ],
)
def test_interrupted_run_is_stopped_told_once_and_recorded(stage: Stage, lane: str, subject: str, said: str) -> None:
    assert stage.first_run(lane).record["status"] == "succeeded", "the steady state"
    ledger, rows = set(stage.ledger(lane)), stage.warehouse_rows(lane)
    file = stage.folder / f"interrupted-{lane}.json"
    asked = Namespace(on="local", orchestrator=lane, input=stage.fresh_input(20), fault=[], json=file)
    clock = Clock(now=WALL.now, monotonic=WALL.monotonic, sleep=interrupting_once())
    with pytest.raises(KeyboardInterrupt):
        run.command(asked, Console(out=StringIO(), err=StringIO()), stage.home, clock)
    [record] = json.loads(file.read_text())["runs"]
    assert record["status"] == "stopped"
    assert record["error"].startswith("RunStopped: interrupted by the user")
    # Which step it stood at is a matter of milliseconds.
    [message] = record["notifications"]
    assert message["subject"].startswith(subject)
    assert message["status"] == said
    assert record["cost_usd"]["total"] >= 0
    assert (set(stage.ledger(lane)), stage.warehouse_rows(lane)) == (ledger, rows)
