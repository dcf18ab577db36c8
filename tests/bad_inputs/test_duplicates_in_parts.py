"""Duplicates in files that are cut into many ranges are those of the whole files, on both engines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lake.convert import workers
from lake.convert.batch import BatchPlace, convert_batch
from lake.convert.job import ConversionJob, Engine, Progress
from lake.convert.local_spark import local_session
from lake.convert.single_engine import SingleEngine, Threads
from lake.convert.spark_engine import SparkTasks
from lake.ledger.entry import LedgerEntry
from lake.ledger.ledgers import FolderLedger
from lake.stores.local_store import LocalStore
from strict_csv.contract import Contract
from tests.split_files import said

CONTRACT = Contract.from_mapping(
    {
        "dataset": "d",
        "newlines": "allowed",
        "key": ["n"],
        "columns": [{"name": "n", "type": "bigint", "nullable": False}, {"name": "t", "type": "string"}],
    }
)
ROWS = 120


class ManyTasks(SparkTasks):
    """As on a cluster of 8 cores, so that tiny files are cut too."""

    @property
    def count(self) -> int:
        return 8


class TinyRanges:
    """Cuts whatever it gets into ranges of a few records."""

    def __init__(self, engine: str) -> None:
        self._engine = engine

    @property
    def workers(self) -> int:
        return 8

    def convert(self, job: ConversionJob, *, progress: Progress) -> LedgerEntry:
        tiny = replace(job, split_bytes=40, block_bytes=16, whole_bytes=0)
        if self._engine == "spark":
            return workers.convert(tiny, ManyTasks(session=local_session()))
        return workers.convert(tiny, Threads(count=8, progress=progress))


def convert(landing: Path, root: Path, engine: Engine) -> LedgerEntry:
    store, sink = LocalStore(root=landing), LocalStore(root=root / "out")
    place = BatchPlace(
        source=store,
        landing_prefix="",
        sink=sink,
        curated_prefix="curated/",
        quarantine_prefix="quarantine/",
        keys_prefix="keys/",
        ledger=FolderLedger(folder=root / "out"),
    )
    entry = convert_batch(place=place, contract=CONTRACT, engine=engine, code_version="1").entry
    assert entry is not None
    assert sink.keys("keys/") == []
    return entry


def test_first_row_of_a_key_is_the_same_however_files_are_cut(engine: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number, name in enumerate(["b.csv", "a.csv"]):
        rows = [f'{row % 31},"{name}\n{row}"\n' if row % 7 else f"x{row},bad\n" for row in range(number, ROWS)]
        (tmp_path / "in" / name).write_text("n,t\n" + "".join(rows), newline="")
    whole = convert(tmp_path / "in", tmp_path / "whole", SingleEngine(threads=1))
    cut = convert(tmp_path / "in", tmp_path / "cut", TinyRanges(engine))
    assert len(cut.outputs) > len(whole.outputs) == 1
    assert said(tmp_path / "cut", cut) == said(tmp_path / "whole", whole)
    assert [file.rows_curated for file in whole.files] == [31, 0]
    assert sum(file.rows_duplicate for file in whole.files) > 100
