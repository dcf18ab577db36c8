"""A batch without duplicates: where the search finds any, its rows are judged once more without them.

Flows in: what a conversion or a replay found, and what is committed. Flows out: evidence that may be committed after
exactly that. What was written in vain at first carries the attempt's name and is swept with it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

from lake.convert.job import ConversionJob, Engine
from lake.deduplicate.committed_keys import CommittedKeys
from lake.deduplicate.search import find_duplicates
from lake.ledger.entry import LedgerEntry
from pipeline.errors import RowsNotConserved


def without_duplicates(
    *,
    job: ConversionJob,
    found: LedgerEntry,
    committed: Sequence[LedgerEntry],
    again: Callable[[ConversionJob], LedgerEntry],
) -> LedgerEntry:
    """`found` as it is where the contract allows duplicates or there are none; else what `again` makes of the job."""
    duplicates = None
    if job.keys_prefix and found.keys:
        duplicates = find_duplicates(
            store=job.sink,
            entry=found,
            committed=CommittedKeys(store=job.sink, contract=job.contract, entries=committed, written=found.outputs),
            object_key=f"{job.keys_prefix}{job.attempt}-duplicates-{uuid.uuid4().hex[:8]}",
        )
    if duplicates is None:
        return replace(found, keys=())
    return again(replace(job, keys_prefix=None, duplicates=duplicates))


def converted_again(job: ConversionJob, *, engine: Engine, found: LedgerEntry) -> LedgerEntry:
    """The second conversion must differ from the first, `found`, in the job's duplicates, and in nothing else."""
    entry = engine.convert(job, progress=lambda _bytes: None)
    counts = {file.key: (file.status, file.rows_read, file.rows_curated) for file in found.files}
    lost = job.duplicates.rows if job.duplicates else {}
    for file in entry.files:
        status, read, curated = counts[file.key]
        due = (status, read, curated - lost.get(file.key, 0), lost.get(file.key, 0))
        if (file.status, file.rows_read, file.rows_curated, file.rows_duplicate) != due:
            raise RowsNotConserved(
                f"{file.key}: {lost.get(file.key, 0)} duplicates were to be quarantined, {file.rows_duplicate} were; "
                "nothing was committed, report this as a defect"
            )
    return entry
