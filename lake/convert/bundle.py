"""One unit of work converted by one worker: what both engines run, in a thread or inside a Spark task.

Flows in: a few whole files, or a range of one. Flows out: Parquet below the curated and quarantine prefixes, and
the evidence as a `LedgerEntry` that speaks of this unit only. Nothing is committed here.

A file that is refused half-way must leave no row. Files of little content wait in memory until they are whole;
others are written into the shared outputs as they come, and where one of them is refused after all, the unit is
done again with separate outputs for each of them: a refusal that late is rare, and costs one unit twice at most.
How large a compressed file is shows only while it is read.
"""

from __future__ import annotations

from lake.convert.job import ConversionJob, Progress
from lake.convert.memory import keep_freed_memory
from lake.convert.part import Part
from lake.convert.sources import Source, sources_of
from lake.convert.tally import Tally, refused_entry
from lake.convert.units import FileRange, Unit
from lake.ledger.entry import FileEntry, LedgerEntry
from strict_csv.reader import Block
from strict_csv.refusals import FileRefused


def convert_unit(job: ConversionJob, unit: Unit, progress: Progress = lambda _bytes: None) -> LedgerEntry:
    """Convert `unit`, every call as a part of its own. Progress gets bytes newly read.

    Any error but a refusal removes what was written and goes on to the caller.
    """
    keep_freed_memory()
    meter = _Meter(progress)
    try:
        return _Bundle(job=job, meter=meter, separate=isinstance(unit, FileRange)).convert(unit)
    except _Spoiled:
        meter.rewind()
        return _Bundle(job=job, meter=meter, separate=True).convert(unit)


class _Spoiled(Exception):
    """Shared outputs hold rows of a file that was refused after them."""


class _Bundle:
    """The outputs and the evidence of one unit. `separate`: what is too large to wait gets outputs of its own."""

    def __init__(self, *, job: ConversionJob, meter: _Meter, separate: bool) -> None:
        self._job, self._meter, self._separate = job, meter, separate
        self._part = Part(job)
        self._shared = self._part.outputs()

    def convert(self, unit: Unit) -> LedgerEntry:
        try:
            return self._part.entry(tuple(self._convert(source) for source in sources_of(self._job, unit)))
        except BaseException:
            self._part.abandon()
            raise

    def _convert(self, source: Source) -> FileEntry:
        key, tally, counted = source.item.key, Tally(bytes_header=source.bytes_header), 0
        waiting: list[Block] = []
        outputs, held_bytes = None, 0
        try:
            for block in source.blocks():
                ordinal = tally.rows_curated
                row_hashes = tally.add(block)
                if self._part.keys:
                    self._part.keys.add(
                        block.table, row_hashes, file=key, byte_start=source.byte_start, ordinal=ordinal
                    )
                waiting.append(block)
                held_bytes += block.held_bytes
                if outputs is None and held_bytes > self._job.whole_bytes:
                    outputs = self._part.outputs() if self._separate else self._shared
                if outputs is not None:
                    outputs.add_all(key, waiting)
                self._meter.add(source.stored_bytes - counted)
                counted = source.stored_bytes
        except FileRefused as refusal:
            if outputs is self._shared:
                raise _Spoiled from refusal
            if outputs is not None:
                outputs.abandon()
            self._meter.add(source.size_bytes - counted)
            return refused_entry(source.item, refusal, size_bytes=source.size_bytes)
        (outputs or self._shared).add_all(key, waiting)
        if outputs is not None and outputs is not self._shared:
            outputs.close()  # else the buffers of all large files would add up
        self._part.sums.merge(tally.sums)
        return tally.entry(source.item, size_bytes=source.size_bytes, content_bytes=source.content_bytes)


class _Meter:
    """Tells of bytes once, however often they are read."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._read, self._told = progress, 0, 0

    def add(self, size_bytes: int) -> None:
        self._read += size_bytes
        newly = max(0, self._read - self._told)
        self._told += newly
        self._progress(newly)

    def rewind(self) -> None:
        self._read = 0
