"""The evidence of a job's units as the evidence of its files: a file stands or falls as a whole.

Flows in: each unit with its `LedgerEntry`. Flows out: one `LedgerEntry` that says of every file what it would say
had the file not been split. What ranges of a refused file have written is deleted here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from functools import reduce

from lake.convert.control import check_rows
from lake.convert.job import ConversionJob
from lake.convert.tally import refused_entry
from lake.convert.units import FileRange, Unit
from lake.ledger.entry import REFUSED, FileEntry, LedgerEntry, merge
from lake.stores.store import StoredObject
from strict_csv.refusals import FileRefused


def joined(job: ConversionJob, evidence: Sequence[tuple[Unit, LedgerEntry]]) -> LedgerEntry:
    """One entry over all units, its files in the order of `job.files`."""
    whole: list[LedgerEntry] = []
    ranges: dict[StoredObject, list[LedgerEntry]] = {}
    for unit, entry in evidence:
        if isinstance(unit, FileRange):
            ranges.setdefault(unit.item, []).append(entry)
        else:
            whole.append(entry)
    whole += [_file(job, item, entries) for item, entries in ranges.items()]
    one = reduce(lambda earlier, later: merge(earlier=earlier, later=later), whole)
    place = {(item.key, item.version): place for place, item in enumerate(job.files)}
    return replace(one, files=tuple(sorted(one.files, key=lambda file: place[file.identity])))


def _file(job: ConversionJob, item: StoredObject, entries: Sequence[LedgerEntry]) -> LedgerEntry:
    """The entry of one file from those of its ranges, in file order."""
    merged = reduce(lambda earlier, later: merge(earlier=earlier, later=later), entries)
    file = _verdict(job, item, merged.files)
    if file.status != REFUSED:
        return replace(merged, files=(file,))
    job.sink.delete(output.key for output in (*merged.outputs, *merged.quarantine))
    return replace(
        merged,
        files=(file,),
        columns=dict.fromkeys(merged.columns, "0" * 16),
        output_digest="0" * 16,
        outputs=(),
        quarantine=(),
    )


def _verdict(job: ConversionJob, item: StoredObject, parts: Sequence[FileEntry]) -> FileEntry:
    """The first refusal in file order, else that of the control file, which speaks of all rows."""
    refused = next((file for file in parts if file.status == REFUSED), None)
    if refused is not None:
        return replace(refused, bytes=item.size_bytes)
    whole = _sum(item, parts)
    try:
        check_rows(job.source, item, rows=whole.rows_read)
    except FileRefused as refusal:
        return refused_entry(item, refusal, size_bytes=item.size_bytes)
    return whole


def _sum(item: StoredObject, parts: Sequence[FileEntry]) -> FileEntry:
    """Counts add up; the bytes are the object's own, so that a range left out breaks the equation (I1)."""
    counts = [field.name for field in fields(FileEntry) if isinstance(getattr(parts[0], field.name), int)]
    total = {name: sum(getattr(part, name) for part in parts) for name in counts}
    return replace(parts[0], **total | {"bytes": item.size_bytes, "content_bytes": item.size_bytes})
