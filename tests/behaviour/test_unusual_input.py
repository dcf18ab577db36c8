"""Compressed, controlled, oddly named, broken and foreign files land together: every lane takes what is whole."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from lab import files as files_command
from tests.local_pipeline import Stage

ROWS = 20


@pytest.fixture(scope="session")
def unusual(stage: Stage) -> Path:
    """Two good files of flights that nobody landed before, and three that can't be taken."""
    folder = stage.folder / "unusual"
    parts = [next(stage.fresh_input(ROWS).rglob("*.csv")).read_bytes() for _ in range(2)]
    stored = gzip.compress(parts[0])
    said = {"rows": ROWS, "bytes": len(stored), "sha256": hashlib.sha256(stored).hexdigest()}
    files = {
        "whole.csv.gz": stored,
        "whole.csv.gz.control.json": json.dumps(said).encode(),
        "by=hand/a b%2F+c.csv": parts[1],
        "cut.csv.gz": stored[:-9],
        "A picture.csv": b"\x89PNG\r\n\x1a\n" + bytes(500),
        "other.csv": parts[1],
        "other.csv.control.json": b'{"rows": 19}',
    }
    for name, data in files.items():
        (folder / "flights" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "flights" / name).write_bytes(data)
    return folder


def test_whole_files_arrive_and_the_others_are_refused_by_name(stage: Stage, unusual: Path, lane: str) -> None:
    stage.first_run(lane)
    ran = stage.run(lane, unusual)
    assert (ran.code, ran.record["status"]) == (1, "failed")
    assert "TooMuchRejected: flights: 3 file(s) refused" in ran.record["error"]
    entries = [entry for entry in stage.ledger(lane).values() if entry["dataset"] == "flights"]
    files = {file["key"].removeprefix("landing/flights/"): file for entry in entries for file in entry["files"]}
    named = {
        name: (files[name]["reason"] or "").partition(":")[0]
        for name in files
        if (unusual / "flights" / name).is_file()
    }
    assert named == {
        "whole.csv.gz": "",
        "by=hand/a b%2F+c.csv": "",
        "cut.csv.gz": "Truncated",
        "A picture.csv": "NotCsv",
        "other.csv": "ControlMismatch",
    }
    assert files["whole.csv.gz"]["control"]
    assert files["whole.csv.gz"]["rows_curated"] == files["by=hand/a b%2F+c.csv"]["rows_curated"] == ROWS
    assert ran.record["files"]["refused"] >= 3

    glue, database = stage.target.client("glue"), stage.target.names.raw_database
    tables = {table["Name"]: table for table in glue.get_tables(DatabaseName=database)["TableList"]}
    assert set(tables) == set(stage.target.settings.datasets)
    columns = {column["Name"] for column in tables["flights"]["StorageDescriptor"]["Columns"]}
    assert {"carrier", "dep_time"} <= columns  # of CSV, whatever else lies there

    stage.decide(files_command, lane, "flights")
    green = stage.run(lane, unusual)
    assert (green.code, green.record["rejected"]) == (0, []), green.record["error"]
