"""One local AWS with the whole pipeline deployed, shared by every test that asks for it.

It lives below `.lab/tests/<process id>`, beside the user's own and those of other test sessions, and is
taken down when its session ends; what a killed session left behind is taken down by the next.
Tests land rows that nobody landed before, so that each run has something to do. They share landing and the lanes:
a test that counts all rows of a lane asks for it `settled`, so that it does not depend on the tests before it.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice
from pathlib import Path
from threading import Event
from types import ModuleType
from typing import Any

import pytest

from datasets.nycflights13 import extract
from lab import files, quarantine, run
from lab.clock import WALL
from lab.console import Console
from lab.deploy import deploy, synthesised
from lab.down import take_down
from lab.local_home import LocalHome
from lab.measure.ledger import read_ledger
from lab.measure.warehouse import RowCounts
from lab.target import Target, local_target
from lab.up import bring_up

KEY = pytest.StashKey["Stage"]()
FOLDER = ".lab/tests"
SMALL = ("airlines", "airports", "planes", "weather")


@dataclass(frozen=True, kw_only=True)
class Ran:
    """One `lab run` of one lane as a user sees it, and the rows of the lane's warehouse right after it."""

    code: int
    record: dict[str, Any]
    out: str
    err: str
    in_warehouse: int


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The deployed pipeline, and the rows that tests may still land."""

    home: LocalHome
    target: Target
    folder: Path
    flights: Iterator[list[str]]
    header: list[str]
    counter: Counter[str] = field(default_factory=Counter)
    ran: dict[str, Ran] = field(default_factory=dict)
    latest: dict[str, tuple[Ran, frozenset[tuple[str, str]]]] = field(default_factory=dict)

    def base_input(self) -> Path:
        """A few hundred rows of each table, flights over several months; the same at every call."""
        return self.folder / "base"

    def fresh_input(self, rows: int = 50) -> Path:
        """A folder with one new file of flights that were never landed."""
        self.counter["inputs"] += 1
        number = self.counter["inputs"]
        folder = self.folder / f"fresh-{number}"
        write(folder / f"flights/more-{number}.csv", self.header, islice(self.flights, rows))
        return folder

    def run(self, lane: str, folder: Path, *faults: str) -> Ran:
        """`lab run --on local`, in process."""
        out, err = StringIO(), StringIO()
        self.counter["runs"] += 1
        file = self.folder / f"runs-{self.counter['runs']}.json"
        asked = Namespace(on="local", orchestrator=lane, input=folder, fault=list(faults), json=file)
        code = run.command(asked, Console(out=out, err=err), self.home, WALL)
        ran = Ran(
            code=code,
            record=json.loads(file.read_text())["runs"][0],
            out=out.getvalue(),
            err=err.getvalue(),
            in_warehouse=self.warehouse_rows(lane),
        )
        self.latest[lane] = ran, self.landed()
        return ran

    def first_run(self, lane: str) -> Ran:
        """The lane's first run over the base input, made once."""
        if lane not in self.ran:
            self.ran[lane] = self.run(lane, self.base_input())
        return self.ran[lane]

    def settled(self, lane: str) -> Ran:
        """The lane's latest run, green, with nothing landed since; what earlier tests left open or held is accepted."""
        self.first_run(lane)
        ran, landed = self.latest[lane]
        if ran.code == 0 and self.landed() <= landed:
            return ran
        for dataset in self.target.settings.datasets:
            for command in (files, quarantine):
                self.decide(command, lane, dataset)
        ran = self.run(lane, self.base_input())
        assert ran.code == 0, f"{lane} can't be settled: {ran.record['error']}"
        return ran

    def decide(self, command: ModuleType, lane: str, dataset: str, action: str = "accept", **options: object) -> str:
        """`lab files` or `lab quarantine` on a lane; what it prints."""
        chosen = {"keys": []} if command is files else {"batches": []}
        asked = {"output": None, "on": "local", "json": None, "reason": "a test", **chosen, **options}
        given = Namespace(action=action, dataset=dataset, orchestrator=lane, **asked)
        out = StringIO()
        assert command.command(given, Console(out=out, err=StringIO()), self.home, WALL) == 0
        return out.getvalue()

    def landed(self) -> frozenset[tuple[str, str]]:
        """Key and ETag of each object in landing."""
        pages = self.target.client("s3").get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.target.names.data_bucket, Prefix="landing/")
        return frozenset((item["Key"], item["ETag"]) for page in found for item in page.get("Contents", []))

    def ended_job_run(self, job: str, run_id: str) -> dict[str, Any]:
        """A job's run once it has ended; fails after two minutes."""
        glue, waiting = self.target.client("glue"), Event()
        for _ in range(1200):
            run = glue.get_job_run(JobName=job, RunId=run_id)["JobRun"]
            if run["JobRunState"] not in ("STARTING", "RUNNING", "STOPPING"):
                return run
            waiting.wait(0.1)
        raise AssertionError(f"{job} has not ended within two minutes: {run}")

    def ledger(self, lane: str) -> dict[str, dict[str, Any]]:
        return read_ledger(
            s3=self.target.client("s3"),
            bucket=self.target.names.data_bucket,
            lane=lane,
            datasets=self.target.settings.datasets,
        )

    def warehouse_rows(self, lane: str) -> int:
        settings = self.target.settings
        warehouse = RowCounts(
            redshift_data=self.target.client("redshift-data"),
            workgroup=self.target.names.warehouse,
            database=settings.redshift.database,
            secret_arn=None,
            sleep=WALL.sleep,
        )
        return warehouse.rows(schema=f"{settings.redshift.schema_prefix}{lane}", tables=settings.datasets)

    def keys(self, prefix: str) -> set[str]:
        pages = self.target.client("s3").get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.target.names.data_bucket, Prefix=prefix)
        return {item["Key"] for page in found for item in page.get("Contents", [])}


def write(path: Path, header: list[str], rows: Iterator[list[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def staged(config: pytest.Config, folder: Path) -> Stage:
    """The session's stage; the first caller pays for bringing it up."""
    if KEY not in config.stash:
        home = LocalHome(folder_name=f"{FOLDER}/{os.getpid()}")
        talk = Console(out=StringIO(), err=StringIO())
        _clear_abandoned(home.root)
        config.add_cleanup(lambda: _clear(home))
        bring_up(talk, home, WALL)
        target = local_target(home)
        deploy(synthesised(target, talk, home), target=target, console=talk, home=home, clock=WALL)
        config.stash[KEY] = _with_input(home, target, folder)
    return config.stash[KEY]


def _clear_abandoned(root: Path) -> None:
    for folder in (root / FOLDER).glob("*"):
        process = folder.name.rsplit("-", 1)[-1]
        if process.isdigit() and not _lives(int(process)):
            _clear(LocalHome(root=root, folder_name=f"{FOLDER}/{folder.name}"))


def _clear(home: LocalHome) -> None:
    if not take_down(home, WALL):
        shutil.rmtree(home.folder, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _with_input(home: LocalHome, target: Target, folder: Path) -> Stage:
    spread, header = small_input(folder)
    return Stage(home=home, target=target, folder=folder, flights=spread, header=header)


def small_input(folder: Path) -> tuple[Iterator[list[str]], list[str]]:
    """Writes a few hundred rows of each table into `base/`; further flights, and their header."""
    whole = extract(folder / "whole")
    for dataset in SMALL:
        rows = csv.reader(whole[dataset].open(newline=""))
        write(folder / f"base/{dataset}/{dataset}.csv", next(rows), islice(rows, 300))
    # Every 700th flight reaches into all months.
    flights = islice(csv.reader(whole["flights"].open(newline="")), 0, None)
    header = next(flights)
    spread = (row for number, row in enumerate(flights) if number % 20 == 0)
    write(folder / "base/flights/flights.csv", header, islice(spread, 0, 300 * 35, 35))
    return spread, header
