"""Rows of one key in random files, over two batches and cut into ranges: both engines keep the first row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pyarrow.parquet as pq

from lake.convert.batch import COMMITTED, BatchPlace, convert_batch
from lake.convert.job import ConversionJob, Engine
from lake.convert.local_spark import local_session
from lake.convert.single_engine import SingleEngine
from lake.convert.spark_engine import SparkEngine
from lake.ledger.entry import LedgerEntry
from lake.ledger.ledgers import FolderLedger
from lake.stores.local_store import LocalStore
from strict_csv.contract import Contract
from tests.oracle.values import Value, rows_of
from tests.oracle.verdict import verdict

CONTRACT = Contract.from_mapping(
    {
        "dataset": "d",
        "null_values": ["NA"],
        "key": ["day", "number", "name"],
        "columns": [
            {"name": "number", "type": "bigint"},
            {"name": "name", "type": "string"},
            {"name": "day", "type": "date", "nullable": False},
            {"name": "fare", "type": "decimal(5,2)"},
        ],
    }
)
CELLS = (
    ("1", "2", "", "NA", '"1"', "-1", "x"),
    ("a", "b", '""', "", '"a"', "é", 'a"'),
    ("2024-01-01", "2024-01-02", '"2024-01-01"', "2024-02-30"),
    ("1.5", "1.50", "", "0", "-0.00"),
)
Place = tuple[str, int]  # a file and a record's first byte


@dataclass(frozen=True)
class InPieces:
    """An engine that cuts even small files into ranges, and reads them in small blocks."""

    engine: Engine

    @property
    def workers(self) -> int:
        return self.engine.workers

    def convert(self, job: ConversionJob, *, progress: Callable[[int], None]) -> LedgerEntry:
        return self.engine.convert(replace(job, block_bytes=300, split_bytes=100), progress=progress)


def random_file(chance: Random, records: int) -> bytes:
    lines = [",".join(chance.choice(cells) for cells in CELLS) + "\n" for _ in range(records)]
    return ("number,name,day,fare\n" + "".join(lines)).encode()


def kept_first(batches: list[dict[str, bytes]]) -> tuple[Counter[tuple[Value, ...]], set[Place], set[Place]]:
    """By the oracle: all rows that stay, the places of duplicates, and those of rejected records."""
    rows: Counter[tuple[Value, ...]] = Counter()
    duplicates, rejected, seen = set(), set(), set()
    for name, data in (item for files in batches for item in sorted(files.items())):
        said = verdict(data, contract=CONTRACT)
        bad = {place.start for place in said.rejected}
        rejected |= {(name, start) for start in bad}
        good = [start for start in said.record_starts if start not in bad]
        for start, row in zip(good, said.rows, strict=True):
            if row[:3] in seen:
                duplicates.add((name, start))
            else:
                rows[row] += 1
            seen.add(row[:3])
    return rows, duplicates, rejected


def converted(batches: list[dict[str, bytes]], engine: Engine, folder: Path) -> list[LedgerEntry]:
    """One commit for each batch of files; the entries of all."""
    (folder / "in").mkdir()
    place = BatchPlace(
        source=LocalStore(root=folder / "in"),
        landing_prefix="",
        sink=LocalStore(root=folder / "out"),
        curated_prefix="curated/",
        quarantine_prefix="quarantine/",
        keys_prefix=".keys/",
        ledger=FolderLedger(folder=folder / "out"),
    )
    (folder / "out").mkdir()
    for files in batches:
        for name, data in files.items():
            (folder / "in" / name).write_bytes(data)
        done = convert_batch(place=place, contract=CONTRACT, engine=InPieces(engine), code_version="1")
        assert done.status == COMMITTED
    return list(place.ledger.entries())


def read(folder: Path, keys: Iterator[str]) -> Iterator[dict[str, object]]:
    for key in keys:
        yield from pq.ParquetFile(folder / "out" / key).read().to_pylist()


def test_the_first_row_of_a_key_is_kept_and_every_other_set_aside(engine: str, tmp_path: Path) -> None:
    chance = Random(11)
    batches = [
        {"m.csv": random_file(chance, 40), "n.csv": random_file(chance, 3)},
        {"a.csv": random_file(chance, 60), "z.csv": random_file(chance, 5)},
    ]
    worker = SingleEngine(threads=8) if engine == "single" else SparkEngine(session=local_session)
    entries = converted(batches, worker, tmp_path)
    rows, duplicates, rejected = kept_first(batches)
    assert (len(rows) > 10, len(duplicates) > 10, len(rejected) > 10) == (True, True, True)
    kept = Counter(
        row
        for entry in entries
        for output in entry.outputs
        for row in rows_of(pq.ParquetFile(tmp_path / "out" / output.key).read(list(CONTRACT.column_names)))
    )
    assert kept == rows
    held = [
        ((row["file"], row["byte_start"]), str(row["reason"]).startswith("duplicate_"))
        for row in read(tmp_path, (output.key for entry in entries for output in entry.quarantine))
    ]
    assert len(held) == len(duplicates) + len(rejected)
    assert {place for place, duplicate in held if duplicate} == duplicates
    assert {place for place, duplicate in held if not duplicate} == rejected
    assert sum(file.rows_duplicate for entry in entries for file in entry.files) == len(duplicates)


def test_the_oracle_keeps_what_was_committed_before() -> None:
    header, row = b"number,name,day,fare\n", b"1,a,2024-01-01,%b\n"
    batches = [{"b.csv": header + row % b"2"}, {"a.csv": header + row % b"1"}]
    rows, duplicates, _ = kept_first(batches)
    assert ([row[3] for row in rows], duplicates) == ([2], {("a.csv", len(header))})
