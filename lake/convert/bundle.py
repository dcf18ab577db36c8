"""One unit of work converted by one worker: what both engines run, in a thread or inside a Spark task.

Flows in: a few whole files, or a range of one. Flows out: Parquet below the curated and quarantine prefixes, and
the evidence as a `LedgerEntry` that speaks of this unit only. Nothing is committed here.

A file that is refused half-way must leave no row. Files of little content wait in memory until they are whole;
others are written into the shared outputs as they come, and where one of them is refused after all, the unit is
done again with separate outputs for each of them: a refusal that late is rare, and costs one unit twice at most.
How large a compressed file is shows only while it is read.
"""

from __future__ import annotations

import itertools
import uuid

from lake.convert.job import ConversionJob, Progress
from lake.convert.memory import keep_freed_memory
from lake.convert.outputs import Outputs
from lake.convert.sources import Source, sources_of
from lake.convert.tally import Tally, refused_entry
from lake.convert.units import FileRange, Unit
from lake.deduplicate.key_rows import KeyRows
from lake.ledger.entry import FileEntry, LedgerEntry
from lake.ledger.schema import Schema
from strict_csv.checksums import ChecksumSums
from strict_csv.reader import Block
from strict_csv.refusals import FileRefused


def convert_unit(job: ConversionJob, unit: Unit, progress: Progress = lambda _bytes: None) -> LedgerEntry:
    """Convert `unit`, naming outputs `<attempt>-<part>-<n>.parquet`, where every call is a part of its own: a
    retried or speculative one never touches another's files. Progress gets bytes newly read.

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
        self._part, self._numbers = uuid.uuid4().hex[:8], itertools.count()
        self._shared = Outputs(job, self._name)
        self._opened = [self._shared]
        self._sums = ChecksumSums()
        self._keys = (
            KeyRows(store=job.sink, object_key=f"{job.keys_prefix}{job.attempt}-{self._part}", key=job.contract.key)
            if job.keys_prefix
            else None
        )

    def convert(self, unit: Unit) -> LedgerEntry:
        try:
            files = tuple(self._convert(source) for source in sources_of(self._job, unit))
            written = [outputs.close() for outputs in self._opened]
            keys = self._keys.close() if self._keys else ()
        except BaseException:
            if self._keys:
                self._keys.abandon()
            for outputs in self._opened:
                outputs.abandon()
            raise
        zeros = dict.fromkeys(self._job.contract.column_names, "0" * 16)
        return LedgerEntry(
            batch_id=self._job.batch_id,
            dataset=self._job.contract.dataset,
            contract=self._job.contract.fingerprint,
            written_as=Schema.of(self._job.contract),
            files=files,
            columns=zeros | self._sums.columns,
            output_digest=self._sums.digest,
            outputs=tuple(output for curated, _ in written for output in curated),
            quarantine=tuple(output for _, quarantined in written for output in quarantined),
            keys=keys,
        )

    def _name(self) -> str:
        return f"{self._job.attempt}-{self._part}-{next(self._numbers):04d}.parquet"

    def _convert(self, source: Source) -> FileEntry:
        key, tally, told = source.item.key, Tally(bytes_header=source.bytes_header), 0
        waiting: list[Block] = []
        outputs, held_bytes = None, 0
        try:
            for block in source.blocks():
                ordinal = tally.rows_curated
                row_hashes = tally.add(block)
                if self._keys:
                    self._keys.add(block.table, row_hashes, file=key, byte_start=source.byte_start, ordinal=ordinal)
                waiting.append(block)
                held_bytes += block.held_bytes
                if outputs is None and held_bytes > self._job.whole_bytes:
                    outputs = self._own() if self._separate else self._shared
                if outputs is not None:
                    outputs.add_all(key, waiting)
                self._meter.add(source.stored_bytes - told)
                told = source.stored_bytes
        except FileRefused as refusal:
            if outputs is self._shared:
                raise _Spoiled from refusal
            if outputs is not None:
                outputs.abandon()
            self._meter.add(source.size_bytes - told)
            return refused_entry(source.item, refusal, size_bytes=source.size_bytes)
        (outputs or self._shared).add_all(key, waiting)
        if outputs is not None and outputs is not self._shared:
            outputs.close()  # else the buffers of all large files would add up
        self._sums.merge(tally.sums)
        return tally.entry(source.item, size_bytes=source.size_bytes, content_bytes=source.content_bytes)

    def _own(self) -> Outputs:
        outputs = Outputs(self._job, self._name)
        self._opened.append(outputs)
        return outputs


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
