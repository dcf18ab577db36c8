"""Rows that a lane quarantined come back by `lab quarantine export` and `replay`, once: a held batch is in no
warehouse, and the orchestrator's next run is green and loads each row, those that were mended too.

That a held batch makes a run red is asked in test_refused_and_held.py; here the job's own conversion fills the
quarantine, so that a lane costs one run. Tests share landing and the lanes, so rows are counted by a prefix of their
names that only this test lands.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from lab import files, quarantine
from lab.clock import WALL
from lab.console import Console
from lab.places import places
from lake.convert.batch import convert_batch
from lake.convert.single_engine import SingleEngine
from tests.local_pipeline import Stage

HEADER = "carrier,name\n"


class Noisy:
    """One file of airlines with two rows that the contract does not take, in one lane."""

    def __init__(self, stage: Stage, lane: str) -> None:
        self.stage, self.lane = stage, lane
        self.prefix, self.key = f"Q{lane}", f"landing/airlines/quarantined-{lane}.csv"
        self.s3, self.bucket = stage.target.client("s3"), stage.target.names.data_bucket
        rows = "".join(f"{self.prefix}{number},name {number}\n" for number in range(10))
        body = f"{HEADER}{rows}{self.prefix}10\n{self.prefix}11,a,b\n"
        self.s3.put_object(Bucket=self.bucket, Key=self.key, Body=body.encode())
        [lane_of] = places(Namespace(output=None, dataset="airlines", on="local", orchestrator=lane), stage.home)
        assert lane_of.contract
        convert_batch(
            place=lane_of.place,
            contract=lane_of.contract,
            engine=SingleEngine(threads=1),
            code_version=lane_of.code_version,
        )

    def typed(self, command: Any, action: str, **options: Any) -> str:
        """`lab quarantine` or `lab files` on this lane."""
        asked = {"output": None, "dataset": "airlines", "on": "local", "orchestrator": self.lane, "json": None}
        out = StringIO()
        given = Namespace(action=action, **{**asked, **options})
        assert command.command(given, Console(out=out, err=StringIO()), self.stage.home, WALL) == 0
        return out.getvalue()

    def in_warehouse(self) -> list[str]:
        """The carriers of this test, of which each number stands once or more."""
        names, settings = self.stage.target.names, self.stage.target.settings
        data = self.stage.target.client("redshift-data")
        table = f'"{settings.redshift.schema_prefix}{self.lane}"."airlines"'
        statement = data.execute_statement(
            Sql=f"SELECT carrier FROM {table} WHERE carrier LIKE '{self.prefix}%' ORDER BY length(carrier), carrier",
            WorkgroupName=names.warehouse,
            Database=settings.redshift.database,
        )["Id"]
        for _ in range(600):
            if data.describe_statement(Id=statement)["Status"] in ("FINISHED", "FAILED", "ABORTED"):
                break
            WALL.sleep(0.05)
        return [row[0]["stringValue"] for row in data.get_statement_result(Id=statement)["Records"]]

    def carriers(self, count: int) -> list[str]:
        return [f"{self.prefix}{number}" for number in range(count)]

    def clear(self) -> None:
        """Nothing stays open, held or landed for who comes next."""
        self.s3.delete_object(Bucket=self.bucket, Key=self.key)
        self.typed(quarantine, "accept", batches=[], reason="a test has ended")
        self.typed(files, "accept", keys=[], reason="a test has ended")


@pytest.fixture
def noisy(stage: Stage, lane: str) -> Iterator[Noisy]:
    stage.first_run(lane)
    noisy = Noisy(stage, lane)
    yield noisy
    noisy.clear()


def test_mended_rows_are_replayed_and_loaded_once(noisy: Noisy, stage: Stage, lane: str, tmp_path: Path) -> None:
    listed = noisy.typed(quarantine, "list")
    assert noisy.key in listed
    assert "2 of 12 rows rejected" in listed, "held back"
    shown = noisy.typed(quarantine, "explain", file=noisy.key, reason=None, limit=3)
    assert f"\n    {noisy.prefix}10\n" in shown
    assert f"\n    {noisy.prefix}11,a,b\n" in shown

    mend = tmp_path / "mend"
    noisy.typed(quarantine, "export", to=mend)
    [csv] = [file for file in mend.glob("*.csv") if noisy.prefix in file.read_text()]
    assert csv.read_text() == f"{HEADER}{noisy.prefix}10\n{noisy.prefix}11,a,b\n"
    csv.write_text(f"{HEADER}{noisy.prefix}10,ten\n{noisy.prefix}11,eleven\n")
    assert "2 rows curated" in noisy.typed(quarantine, "replay", contract=None, repaired=mend)
    again = noisy.typed(quarantine, "replay", contract=None, repaired=mend)
    assert "nothing was changed" in again

    assert noisy.in_warehouse() == []
    green = stage.run(lane, stage.fresh_input(rows=5))
    assert (green.code, green.record["status"]) == (0, "succeeded"), green.record["error"]
    assert (green.record["rejected"], noisy.in_warehouse()) == ([], noisy.carriers(12))
