"""A compressed file whose content outgrows what waits in memory still stands or falls as a whole."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from lake.convert.single_engine import SingleEngine
from lake.ledger.entry import CONVERTED, REFUSED, LedgerEntry
from pipeline.errors import RowsNotConserved
from strict_csv.contract import Contract
from tests.folder_job import folder_job, write_files

CONTRACT = Contract.from_mapping({"dataset": "d", "columns": [{"name": "x", "type": "bigint"}]})
ROWS = b"x\n" + b"".join(b"%d\n" % n for n in range(20_000))


def convert(tmp_path: Path, files: dict[str, bytes]) -> tuple[LedgerEntry, list[int]]:
    """Evidence and the progress told, with far less memory than the content needs."""
    write_files(tmp_path, files)
    told: list[int] = []
    job = folder_job(tmp_path, CONTRACT, block_bytes=4096, whole_bytes=10_000)
    entry = SingleEngine().convert(job, progress=told.append)
    entry.check()
    return entry, told


def test_small_object_with_large_content_is_taken_once(tmp_path: Path) -> None:
    stored = gzip.compress(ROWS)
    entry, told = convert(tmp_path, {"a.csv.gz": stored, "b.csv": ROWS})
    assert {file.status for file in entry.files} == {CONVERTED}
    assert [file.content_bytes for file in entry.files] == [len(ROWS)] * 2
    assert entry.rows_curated == sum(output.rows for output in entry.outputs) == 40_000
    assert sum(told) == len(stored) + len(ROWS)


def test_content_that_is_not_accounted_for_breaks_the_equation(tmp_path: Path) -> None:
    entry, _ = convert(tmp_path, {"a.csv.gz": gzip.compress(ROWS)})
    for content_bytes in (0, len(ROWS) - 1, len(ROWS) + 1):  # 0: the object's own size would have to do
        with pytest.raises(RowsNotConserved, match=f"{len(ROWS)} accounted for"):
            replace(entry, files=(replace(entry.files[0], content_bytes=content_bytes),)).check()


def test_stream_that_breaks_after_rows_were_written_leaves_none(tmp_path: Path) -> None:
    entry, told = convert(tmp_path, {"a.csv.gz": gzip.compress(ROWS)[:-4], "b.csv": b"x\n1\n"})
    assert [file.status for file in entry.files] == [REFUSED, CONVERTED]
    assert entry.rows_curated == 1
    kept = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.parquet"))
    assert kept == [output.key for output in entry.outputs]
    assert sum(told) == sum(file.bytes for file in entry.files)
