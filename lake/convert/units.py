"""What is given to one worker: a range of a large file, or a few whole files.

Flows in: pinned objects and how many workers there are. Flows out: units, and chunks to be scanned for cuts
before the large files' units are known. Nothing is converted here.

A unit's outputs are its own, so that units must be large (output files of a sensible size) and many (every
worker busy to the end): a worker's fair share is two units, but none above UNIT_BYTES and none split below the
job's split_bytes. Only a file that is larger than such a unit is cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lake.convert.control import check_delivered
from lake.convert.cuts import Scan, Span, scan, spans
from lake.convert.decompression import check_name, splittable
from lake.convert.job import ConversionJob
from lake.stores.store import StoredObject
from strict_csv.header import Header
from strict_csv.reader import StrictReader
from strict_csv.refusals import FileRefused

UNIT_BYTES = 2 * 1024 * 1024 * 1024
UNITS_PER_WORKER = 2
OPENINGS = 512  # files that can be opened in the time that converting split_bytes takes


@dataclass(frozen=True, kw_only=True)
class WholeFiles:
    """Small files that share outputs."""

    files: tuple[StoredObject, ...]


@dataclass(frozen=True, kw_only=True)
class FileRange:
    """Whole records of one file; the header, read once, travels with each of them. Picklable."""

    item: StoredObject
    header: Header
    span: Span

    @property
    def first(self) -> bool:
        return self.span.byte_start == self.header.size_bytes

    @property
    def final(self) -> bool:
        return self.span.byte_end == self.item.size_bytes

    @property
    def size_bytes(self) -> int:
        """Of the records, and of the header where it is the file's first range."""
        return self.span.byte_end - (0 if self.first else self.span.byte_start)


Unit = WholeFiles | FileRange


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Bytes [start, end) of a large file, cut anywhere."""

    item: StoredObject
    header: Header
    start: int
    end: int


def unit_bytes(job: ConversionJob, *, workers: int) -> int:
    """How large a unit may be."""
    weight = sum(_weight(job, item) for item in job.files)
    return max(job.split_bytes, min(UNIT_BYTES, -(-weight // (workers * UNITS_PER_WORKER))))


def divisible(job: ConversionJob, *, limit: int) -> list[StoredObject]:
    """The files that may be cut."""
    return [item for item in job.files if item.size_bytes > limit and splittable(item.key)]


def chunks_of(job: ConversionJob, item: StoredObject, *, limit: int) -> list[Chunk]:
    """Even chunks of a file whose name, header and delivery are accepted; none of another, which as a whole file
    will be refused for the same reason, and recorded."""
    try:
        check_name(item.key)
        check_delivered(job.source, item)
        with job.source.open(item) as stream:
            header = StrictReader(contract=job.contract, block_bytes=job.block_bytes).header(stream)
    except FileRefused:
        return []
    first, last = header.size_bytes, item.size_bytes
    count = -(-(last - first) // limit)
    bounds = [first + (last - first) * place // count for place in range(count)] + [last]
    return [Chunk(item=item, header=header, start=start, end=end) for start, end in pairwise(bounds)]


def scan_chunk(job: ConversionJob, chunk: Chunk) -> Scan:
    """Reads the chunk once; InputChanged where the pinned version is gone."""
    with job.source.open(chunk.item, start=chunk.start, end=chunk.end) as stream:
        return scan(stream, quoted_newlines=job.contract.newlines == "allowed")


def units_of(job: ConversionJob, *, chunks: Sequence[Chunk], scans: Sequence[Scan], limit: int) -> list[Unit]:
    """Every file's bytes exactly once, in the order of `job.files`."""
    scanned: dict[StoredObject, list[tuple[Chunk, Scan]]] = {}
    for chunk, found in zip(chunks, scans, strict=True):
        scanned.setdefault(chunk.item, []).append((chunk, found))
    units: list[Unit] = []
    waiting: list[StoredObject] = []
    held = 0
    for item in job.files:
        if item in scanned:
            units += _ranges(item, scanned[item])
            continue
        if waiting and held + _weight(job, item) > limit:
            units.append(WholeFiles(files=tuple(waiting)))
            waiting, held = [], 0
        waiting.append(item)
        held += _weight(job, item)
    return [*units, WholeFiles(files=tuple(waiting))] if waiting else units


def _weight(job: ConversionJob, item: StoredObject) -> int:
    return item.size_bytes + job.split_bytes // OPENINGS


def _ranges(item: StoredObject, scanned: Sequence[tuple[Chunk, Scan]]) -> Iterator[FileRange]:
    header = scanned[0][0].header
    found = spans(
        [found for _, found in scanned],
        starts=[chunk.start for chunk, _ in scanned],
        size_bytes=item.size_bytes,
        line=header.next_line,
    )
    return (FileRange(item=item, header=header, span=span) for span in found)
