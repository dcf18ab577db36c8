"""The course of a conversion, whoever does the work: scan what must be split, convert every unit, join the evidence.

Flows in: a job and workers, of which there are two kinds: threads and Spark tasks. Flows out: the evidence of all
of the job's files, the same whether a file was split or not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeVar

from lake.convert.bundle import convert_unit
from lake.convert.cuts import Scan
from lake.convert.evidence import joined
from lake.convert.job import ConversionJob, Progress
from lake.convert.units import Chunk, chunks_of, divisible, scan_chunk, unit_bytes, units_of
from lake.ledger.entry import LedgerEntry
from lake.stores.store import StoredObject

Task = TypeVar("Task")
Result = TypeVar("Result")


class Workers(Protocol):
    """`count` pieces of work can be done at a time."""

    @property
    def count(self) -> int: ...

    def map(self, work: Callable[[Task, Progress], Result], tasks: Sequence[Task]) -> list[Result]:
        """The results of all tasks, of which there may be none, in their order; the first error ends the others."""
        ...


def convert(job: ConversionJob, workers: Workers) -> LedgerEntry:
    """The evidence of all of the job's files, in their order."""
    limit = unit_bytes(job, workers=job.workers or workers.count)
    task_job = replace(job, files=())
    large = divisible(job, limit=limit)
    chunks = [chunk for found in workers.map(partial(_chunks, task_job, limit), large) for chunk in found]
    scans = workers.map(partial(_scan, task_job), chunks)
    units = units_of(job, chunks=chunks, scans=scans, limit=limit)
    entries = workers.map(partial(convert_unit, task_job), units)
    return joined(job, list(zip(units, entries, strict=True)))


def _chunks(job: ConversionJob, limit: int, item: StoredObject, _progress: Progress) -> list[Chunk]:
    return chunks_of(job, item, limit=limit)


def _scan(job: ConversionJob, chunk: Chunk, _progress: Progress) -> Scan:
    return scan_chunk(job, chunk)
