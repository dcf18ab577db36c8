"""What a unit reads, one after the other: a whole file, or the one range of a file.

Flows in: pinned objects. Flows out: the reader's blocks, and how many bytes were read for them; or the refusal of
the reader, of the content or, for a whole file, of its control file. Nothing is written here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from lake.convert.control import check_delivered, check_rows
from lake.convert.decompression import Content, check_name, splittable
from lake.convert.job import ConversionJob
from lake.convert.units import FileRange, Unit
from lake.deduplicate.duplicates import Place
from lake.stores.store import StoredObject
from strict_csv.compiled import fastest_judge
from strict_csv.excluding import ExcludingJudges
from strict_csv.reader import Block, StrictReader


class Source(Protocol):
    """Read once, by `blocks`. `size_bytes` of the object are its; `bytes_header` of them no block accounts for."""

    @property
    def item(self) -> StoredObject: ...

    @property
    def size_bytes(self) -> int: ...

    @property
    def bytes_header(self) -> int: ...

    @property
    def byte_start(self) -> int:
        """Where in the object it starts; 0 of a whole file."""
        ...

    @property
    def stored_bytes(self) -> int:
        """How much of the object was read so far."""
        ...

    @property
    def content_bytes(self) -> int:
        """How much it held, once all is read: more than size_bytes where it is compressed."""
        ...

    def blocks(self) -> Iterator[Block]: ...


def sources_of(job: ConversionJob, unit: Unit) -> Iterator[Source]:
    """What `unit` is made of."""
    if isinstance(unit, FileRange):
        yield _Range(job, _reader(job, (unit.item.key, unit.span.byte_start)), unit)
    else:
        yield from (_File(job, _reader(job, (item.key, 0)), item) for item in unit.files)


def _reader(job: ConversionJob, place: Place) -> StrictReader:
    excluded = job.duplicates.of(job.sink, place) if job.duplicates else None
    judge = ExcludingJudges(excluded=excluded) if excluded else fastest_judge
    return StrictReader(contract=job.contract, block_bytes=job.block_bytes, judge=judge)


class _File:
    bytes_header = 0
    byte_start = 0

    def __init__(self, job: ConversionJob, reader: StrictReader, item: StoredObject) -> None:
        self._job, self._reader = job, reader
        self._content: Content | None = None
        self.item, self.size_bytes = item, item.size_bytes

    @property
    def stored_bytes(self) -> int:
        return self._content.stored_bytes if self._content else 0

    @property
    def content_bytes(self) -> int:
        if self._content is None or splittable(self.item.key):
            return self.size_bytes
        return self._content.size_bytes

    def blocks(self) -> Iterator[Block]:
        check_name(self.item.key)
        check_delivered(self._job.source, self.item)
        rows = 0
        with self._job.source.open(self.item) as stream:
            self._content = Content(stream, key=self.item.key, limit_bytes=self._job.contract.max_content_bytes)
            for block in self._reader.blocks(self._content):
                rows += block.table.num_rows + len(block.rejected)
                yield block
        check_rows(self._job.source, self.item, rows=rows)


class _Range:
    def __init__(self, job: ConversionJob, reader: StrictReader, unit: FileRange) -> None:
        self._job, self._reader, self._unit = job, reader, unit
        self.item, self.size_bytes, self.byte_start = unit.item, unit.size_bytes, unit.span.byte_start
        self.bytes_header = unit.header.size_bytes if unit.first else 0
        self.stored_bytes = self.bytes_header

    @property
    def content_bytes(self) -> int:
        return self.size_bytes

    def blocks(self) -> Iterator[Block]:
        unit, span = self._unit, self._unit.span
        with self._job.source.open(unit.item, start=span.byte_start, end=span.byte_end) as stream:
            for block in self._reader.records(
                stream, header=unit.header, byte_start=span.byte_start, line=span.line, final=unit.final
            ):
                self.stored_bytes += block.bytes_good + block.bytes_rejected
                yield block
