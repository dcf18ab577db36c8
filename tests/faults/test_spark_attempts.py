"""A Spark task that dies and is retried, or runs twice, does no harm: each row is there once, nothing is left behind.

The deaths are real: the worker's process ends at once, as if killed, and Spark starts the task again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from lake.convert.batch import COMMITTED, BatchPlace, convert_batch
from lake.convert.job import ConversionJob, Progress
from lake.convert.local_spark import local_session
from lake.convert.spark_engine import SparkTasks
from lake.convert.workers import Workers, convert
from lake.ledger.entry import LedgerEntry
from lake.ledger.ledgers import FolderLedger
from lake.stores.local_store import LocalStore
from lake.stores.store import StoredObject
from pipeline.errors import RowsNotConserved
from strict_csv.contract import Contract
from strict_csv.reader import ByteStream
from tests.parquet_rows import rows_of

Task = TypeVar("Task")
Result = TypeVar("Result")

CONTRACT = Contract.from_mapping(
    {
        "dataset": "d",
        "partition_by": ["p"],
        "columns": [{"name": "p", "type": "bigint", "nullable": False}, {"name": "x", "type": "string"}],
    }
)
GOOD, BAD = 300, 20
FILE = b"p,x\n" + b"".join(b"%d,row %d\n" % (row % 2, row) for row in range(GOOD)) + b"z,bad\n" * BAD


@dataclass(frozen=True, kw_only=True)
class Once:
    """Says yes to the first of all processes that ask, and no ever after."""

    mark: Path

    def __call__(self) -> bool:
        try:
            self.mark.touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


@dataclass(frozen=True, kw_only=True)
class DiesWhileRead(LocalStore):
    """The first task that has read half of a range's blocks is killed, its outputs half written."""

    strikes: Once

    @contextmanager
    def open(self, item: StoredObject, start: int = 0, end: int | None = None) -> Iterator[ByteStream]:
        with super().open(item, start, end) as stream:
            yield _Dying(stream, self.strikes if start > item.size_bytes // 2 and start else None)


class _Dying:
    def __init__(self, stream: ByteStream, strikes: Once | None) -> None:
        self._stream, self._strikes, self._reads = stream, strikes, 0

    def read(self, size: int, /) -> bytes:
        self._reads += 1
        if self._reads == 4 and size < 1000 and self._strikes and self._strikes():
            os._exit(9)
        return self._stream.read(size)


class DiesWhenDone(SparkTasks):
    """The first task that has converted its unit is killed before it can say so."""

    def __init__(self, strikes: Once) -> None:
        super().__init__(session=local_session())
        self._strikes = strikes

    def map(self, work: Callable[[Task, Progress], Result], tasks: Sequence[Task]) -> list[Result]:
        return super().map(partial(_then_die, work, self._strikes), tasks)


def _then_die(work: Callable[[Task, Progress], Result], strikes: Once, task: Task, progress: Progress) -> Result:
    done = work(task, progress)
    if isinstance(done, LedgerEntry) and strikes():
        os._exit(9)
    return done


class Speculating(SparkTasks):
    """Every task runs twice, and the second of the two is believed."""

    def map(self, work: Callable[[Task, Progress], Result], tasks: Sequence[Task]) -> list[Result]:
        return super().map(work, [task for task in tasks for _ in range(2)])[1::2]


class Engine:
    """Tiny units for the given workers; remembers what lay in the output folder when all tasks were done."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self.written: list[str] = []

    @property
    def workers(self) -> int:
        return self._workers.count

    def convert(self, job: ConversionJob, *, progress: Progress) -> LedgerEntry:
        small = replace(job, split_bytes=1000, block_bytes=64, whole_bytes=0, buffer_bytes=1)
        entry = convert(small, self._workers)
        self.written = job.sink.keys("")
        return entry


def check(tmp_path: Path, source: LocalStore, workers: Workers) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_bytes(FILE)
    out = LocalStore(root=tmp_path / "out")
    ledger, engine = FolderLedger(folder=tmp_path / "out"), Engine(workers)
    place = BatchPlace(
        source=source,
        landing_prefix="",
        sink=out,
        curated_prefix="curated/",
        quarantine_prefix="quarantine/",
        keys_prefix="keys/",
        ledger=ledger,
    )
    assert convert_batch(place=place, contract=CONTRACT, engine=engine, code_version="1").status == COMMITTED
    (entry,) = ledger.entries()
    named = {output.key for output in (*entry.outputs, *entry.quarantine)}
    assert set(engine.written) > named, "nothing was written in vain: the fault did not strike"
    assert {key for prefix in ("curated/", "quarantine/") for key in out.keys(prefix)} == named
    assert [row[-1] for row in rows_of(tmp_path / "out", entry.outputs)] == sorted(
        (f"row {row}" for row in range(GOOD)), key=lambda text: (int(text.split()[1]) % 2, repr(text))
    )
    assert [file.rows_quarantined for file in entry.files] == [BAD]
    assert len(rows_of(tmp_path / "out", entry.quarantine)) == BAD


def test_task_killed_half_way_is_retried_without_a_trace(tmp_path: Path) -> None:
    strikes = Once(mark=tmp_path / "struck")
    check(tmp_path, DiesWhileRead(root=tmp_path / "in", strikes=strikes), SparkTasks(session=local_session()))
    assert strikes.mark.exists()


def test_task_killed_before_it_could_answer_is_retried_without_a_trace(tmp_path: Path) -> None:
    strikes = Once(mark=tmp_path / "struck")
    check(tmp_path, LocalStore(root=tmp_path / "in"), DiesWhenDone(strikes))
    assert strikes.mark.exists()


def test_speculative_task_leaves_no_trace(tmp_path: Path) -> None:
    check(tmp_path, LocalStore(root=tmp_path / "in"), Speculating(session=local_session()))


def test_outputs_of_two_attempts_would_be_noticed(tmp_path: Path) -> None:
    """The must-fail twin: were both attempts of a task believed, the equations would not hold."""

    class Believing(SparkTasks):
        def map(self, work: Callable[[Task, Progress], Result], tasks: Sequence[Task]) -> list[Result]:
            return [self._both(pair) for pair in zip(super().map(work, tasks), super().map(work, tasks), strict=True)]

        def _both(self, pair: tuple[Result, Result]) -> Result:
            first, second = pair
            if not isinstance(first, LedgerEntry) or not isinstance(second, LedgerEntry):
                return first
            return replace(first, outputs=first.outputs + second.outputs)

    with pytest.raises(RowsNotConserved, match="300 rows curated, 600 in the curated files"):
        check(tmp_path, LocalStore(root=tmp_path / "in"), Believing(session=local_session()))
