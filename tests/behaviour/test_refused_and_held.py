"""A refused file and a held batch make every orchestrator's run red by name, everything else arrives, and the ways out
that the message names make the next run green; each row is there once.

The data is looked at, not the word: warehouse, ledger, messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from lab import files, quarantine
from lab.clock import WALL
from tests.local_pipeline import Ran, Stage

HEADER = "carrier,name\n"


class Airlines:
    """Files of airlines that only this lane's tests land."""

    def __init__(self, stage: Stage, lane: str) -> None:
        self.stage, self.lane = stage, lane
        self.folder = stage.fresh_input(rows=20)
        self.bad, self.gained, self.noisy = f"bad-{lane}.csv", f"gained-{lane}.csv", f"noisy-{lane}.csv"
        (self.folder / "airlines").mkdir()

    def write(self, name: str, text: str) -> None:
        (self.folder / "airlines" / name).write_text(text)

    def rows(self, name: str, count: int) -> str:
        return "".join(f"{name}{number},{name} {number}\n" for number in range(count))

    def run(self) -> Ran:
        return self.stage.run(self.lane, self.folder)

    def in_warehouse(self, name: str) -> int:
        """Rows of one file's carriers."""
        names, settings = self.stage.target.names, self.stage.target.settings
        data = self.stage.target.client("redshift-data")
        sql = (
            f'SELECT count(*) FROM "{settings.redshift.schema_prefix}{self.lane}"."airlines" '
            f"WHERE carrier LIKE '{name}%'"
        )
        where = {"WorkgroupName": names.warehouse, "Database": settings.redshift.database}
        statement = data.execute_statement(Sql=sql, **where)["Id"]
        while data.describe_statement(Id=statement)["Status"] not in ("FINISHED", "FAILED", "ABORTED"):
            WALL.sleep(0.05)
        return data.get_statement_result(Id=statement)["Records"][0][0]["longValue"]

    def typed(self, command: ModuleType, action: str, **options: object) -> str:
        """`lab files` or `lab quarantine` on this lane."""
        return self.stage.decide(command, self.lane, "airlines", action, **options)

    def clear(self) -> None:
        """Take the files out of landing, which all lanes share."""
        s3, bucket = self.stage.target.client("s3"), self.stage.target.names.data_bucket
        for file in (self.folder / "airlines").iterdir():
            s3.delete_object(Bucket=bucket, Key=f"landing/airlines/{file.name}")


@pytest.fixture
def airlines(stage: Stage, lane: str) -> Iterator[Airlines]:
    stage.settled(lane)
    airlines = Airlines(stage, lane)
    yield airlines
    airlines.clear()


def test_refused_and_held_are_red_by_name_until_somebody_decides(airlines: Airlines, stage: Stage, lane: str) -> None:
    flights = stage.warehouse_rows(lane)
    airlines.write(airlines.bad, "carrier,nme\n" + airlines.rows(f"B{lane}", 3))
    airlines.write(airlines.gained, "carrier,name,country\n" + f"G{lane},G,NO\n")
    # A row with a field too few, and one whose text no varchar of the warehouse holds.
    airlines.write(airlines.noisy, HEADER + airlines.rows(f"N{lane}", 18) + f"one\nlong,{'x' * 70_000}\n")
    red = airlines.run()
    assert (red.code, red.record["status"]) == (1, "failed")
    for said in ("TooMuchRejected", airlines.bad, airlines.gained, "HeaderMismatch", "2 of 20 rows", "lab quarantine"):
        assert said in red.record["error"], red.record["error"]
    assert {(one["what"], Path(one["key"]).name) for one in red.record["rejected"]} == {
        ("file", airlines.bad),
        ("file", airlines.gained),
        ("rows", airlines.noisy),
    }
    assert [one["status"] for one in red.record["notifications"]] == ["failed"]
    assert red.record["warehouse_rows"] == stage.warehouse_rows(lane) == flights + 20, "flights arrived all the same"
    assert airlines.in_warehouse(f"N{lane}") == 0, "a held batch is not loaded"

    again = airlines.run()
    assert again.code == 1
    assert "still open since" in again.record["error"]
    assert all(one["still_open"] for one in again.record["rejected"])

    assert any("'country'" in one["reason"] for one in red.record["rejected"])
    assert airlines.bad in airlines.typed(files, "list")
    explained = airlines.typed(quarantine, "explain", limit=20, file=None, reason=None)
    assert "one" in explained
    assert "takes more than 65535 bytes" in explained
    airlines.write(airlines.bad, HEADER + airlines.rows(f"B{lane}", 3))
    airlines.write(airlines.gained, HEADER + f"G{lane},G\n")
    assert "accepted" in airlines.typed(quarantine, "accept", reason="two lines of the producer's footer")
    green = airlines.run()
    assert (green.code, green.record["status"]) == (0, "succeeded"), green.record["error"]
    assert [airlines.in_warehouse(f"{name}{lane}") for name in "NBG"] == [18, 3, 1]
    assert green.record["rejected"] == []


def test_file_that_is_retried_is_read_again_and_a_withdrawn_batch_too(airlines: Airlines, lane: str) -> None:
    airlines.write(airlines.bad.replace("bad", "wrong"), "nme,carrier\n" + airlines.rows(f"W{lane}", 2))
    assert airlines.run().code == 1
    assert "to be read again" in airlines.typed(files, "retry", reason="")
    red = airlines.run()
    assert red.code == 1, "the contract is what it was: refused again"
    assert not red.record["rejected"][0]["still_open"], "by this run"
    airlines.typed(files, "accept", reason="a test of the producer's")

    airlines.write("taken-" + airlines.noisy, HEADER + airlines.rows(f"T{lane}", 4))
    assert airlines.run().code == 0
    assert airlines.in_warehouse(f"T{lane}") == 4
    entries = [entry for entry in airlines.stage.ledger(lane).values() if entry["dataset"] == "airlines"]
    batch = next(e["batch_id"] for e in entries for f in e["files"] if f["key"].endswith("taken-" + airlines.noisy))
    airlines.typed(quarantine, "withdraw", batch=batch, reason="loaded too early")
    green = airlines.run()
    assert (green.code, green.record["rows"]["read"]) == (0, 4), green.record["error"]
    assert airlines.in_warehouse(f"T{lane}") == 4, "gone, read again and there once"
