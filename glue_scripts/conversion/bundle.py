"""A few files converted by one process: what both engines run, alone or inside a Spark task.

Flows in: pinned objects of a store. Flows out: Parquet below the curated and quarantine prefixes, and
the evidence as a `LedgerEntry` that speaks of these files only. Nothing is committed here.

A file that is refused half-way must leave no row. Small files wait in memory until they are whole and
then share output files; a file whose content is larger than the job's whole_bytes gets output files of its
own, which a refusal removes. How large a compressed file is shows only while it is read.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from glue_scripts.conversion.content import Content, check_name, splittable
from glue_scripts.conversion.memory import keep_freed_memory
from glue_scripts.conversion.parquet_output import BUFFER_BYTES, ParquetOutput
from glue_scripts.conversion.quarantine import quarantine_table
from glue_scripts.conversion.store import Store, StoredObject
from glue_scripts.strict_csv.checksums import ChecksumSums
from glue_scripts.strict_csv.reader import BLOCK_BYTES, Block, StrictReader
from glue_scripts.strict_csv.refusals import FileRefused
from pipeline.contract import Contract
from pipeline.ledger import CONVERTED, REFUSED, FileEntry, LedgerEntry
from pipeline.schema import Schema

WHOLE_BYTES = 32 * 1024 * 1024
Progress = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class ConversionJob:
    """What to convert and where to; `attempt` is part of every output's name. Picklable.

    Memory: files up to `whole_bytes` wait as a whole, rows wait up to `buffer_bytes` for their row group.
    """

    source: Store
    sink: Store
    contract: Contract
    files: tuple[StoredObject, ...]
    curated_prefix: str
    quarantine_prefix: str
    batch_id: str
    attempt: str
    block_bytes: int = BLOCK_BYTES
    whole_bytes: int = WHOLE_BYTES
    buffer_bytes: int = BUFFER_BYTES


class _Outputs:
    """Curated and quarantine files that stand or fall together."""

    def __init__(self, job: ConversionJob, name: Callable[[], str]) -> None:
        self.curated = ParquetOutput(
            store=job.sink,
            prefix=job.curated_prefix,
            partition_by=job.contract.partition_by,
            name=name,
            buffer_bytes=job.buffer_bytes,
        )
        self.quarantine = ParquetOutput(
            store=job.sink, prefix=job.quarantine_prefix, partition_by=(), name=name, buffer_bytes=job.buffer_bytes
        )

    def add(self, key: str, block: Block) -> None:
        if block.table.num_rows:
            self.curated.add(block.table)
        if block.rejected:
            self.quarantine.add(quarantine_table(key, block.rejected))

    def close(self) -> None:
        self.curated.close()
        self.quarantine.close()

    def abandon(self) -> None:
        self.curated.abandon()
        self.quarantine.abandon()


def convert_bundle(job: ConversionJob, *, part: str, progress: Progress = lambda _bytes: None) -> LedgerEntry:
    """Convert `job.files`, naming outputs `<attempt>-<part>-<n>.parquet`; progress gets bytes newly read.

    Any error but a refusal removes what was written and goes on to the caller.
    """
    keep_freed_memory()
    numbers = itertools.count()

    def name() -> str:
        return f"{job.attempt}-{part}-{next(numbers):04d}.parquet"

    shared = _Outputs(job, name)
    opened = [shared]
    sums = ChecksumSums()
    entries = []
    try:
        for item in job.files:
            outputs, entry = _convert_file(job, item, shared, name, sums, progress)
            entries.append(entry)
            if outputs is not shared:
                opened.append(outputs)
        for outputs in opened:
            outputs.close()
    except BaseException:
        for outputs in opened:
            outputs.abandon()
        raise
    zeros = dict.fromkeys(job.contract.column_names, "0" * 16)
    return LedgerEntry(
        batch_id=job.batch_id,
        dataset=job.contract.dataset,
        contract=job.contract.fingerprint,
        written_as=Schema.of(job.contract),
        files=tuple(entries),
        columns=zeros | sums.columns,
        output_digest=sums.digest,
        outputs=tuple(output for outputs in opened for output in outputs.curated.close()),
        quarantine=tuple(output for outputs in opened for output in outputs.quarantine.close()),
    )


def _convert_file(
    job: ConversionJob,
    item: StoredObject,
    shared: _Outputs,
    name: Callable[[], str],
    sums: ChecksumSums,
    progress: Progress,
) -> tuple[_Outputs, FileEntry]:
    outputs, file_sums, tally, told = shared, ChecksumSums(), _Tally(), 0
    waiting: list[Block] = []
    reader = StrictReader(contract=job.contract, block_bytes=job.block_bytes)
    try:
        check_name(item.key)
        with job.source.open(item) as stream:
            content = Content(stream, key=item.key, limit_bytes=job.contract.max_content_bytes)
            for block in reader.blocks(content):
                file_sums.add(block.table)
                tally.add(block)
                if outputs is shared:
                    waiting.append(block)
                    if tally.size_bytes > job.whole_bytes:
                        outputs = _Outputs(job, name)
                        _add_all(outputs, item.key, waiting)
                else:
                    outputs.add(item.key, block)
                progress(content.stored_bytes - told)
                told = content.stored_bytes
    except FileRefused as refusal:
        if outputs is not shared:
            outputs.abandon()
        progress(item.size_bytes - told)
        return shared, FileEntry(
            key=item.key, version=item.version, bytes=item.size_bytes, status=REFUSED, reason=str(refusal)
        )
    except BaseException:
        if outputs is not shared:
            outputs.abandon()
        raise
    _add_all(outputs, item.key, waiting)
    if outputs is not shared:
        outputs.close()  # else the buffers of all large files would add up
    sums.merge(file_sums)
    return outputs, tally.entry(item, content_bytes=item.size_bytes if splittable(item.key) else content.size_bytes)


def _add_all(outputs: _Outputs, key: str, waiting: list[Block]) -> None:
    for block in waiting:
        outputs.add(key, block)
    waiting.clear()


class _Tally:
    """Counts rows and bytes of one file."""

    def __init__(self) -> None:
        self._curated = self._quarantined = 0
        self._header_bytes = self._good_bytes = self._rejected_bytes = 0

    @property
    def size_bytes(self) -> int:
        return self._header_bytes + self._good_bytes + self._rejected_bytes

    def add(self, block: Block) -> None:
        self._curated += block.table.num_rows
        self._quarantined += len(block.rejected)
        self._header_bytes += block.bytes_header
        self._good_bytes += block.bytes_good
        self._rejected_bytes += block.bytes_rejected

    def entry(self, item: StoredObject, *, content_bytes: int) -> FileEntry:
        return FileEntry(
            key=item.key,
            version=item.version,
            bytes=item.size_bytes,
            content_bytes=content_bytes,
            status=CONVERTED,
            rows_read=self._curated + self._quarantined,
            rows_curated=self._curated,
            rows_quarantined=self._quarantined,
            bytes_header=self._header_bytes,
            bytes_curated=self._good_bytes,
            bytes_quarantined=self._rejected_bytes,
        )
