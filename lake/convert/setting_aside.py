"""A batch without duplicates: where the search finds any, the batch is converted once more without them.

Flows in: what a conversion found, and what is committed. Flows out: evidence that may be committed after exactly
that. What the first conversion wrote in vain carries the attempt's name and is swept with it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from lake.convert.job import ConversionJob, Engine
from lake.deduplicate.committed_keys import CommittedKeys
from lake.deduplicate.duplicates import Duplicates
from lake.deduplicate.search import find_losers
from lake.ledger.entry import LedgerEntry
from pipeline.errors import RowsNotConserved


def without_duplicates(
    *, job: ConversionJob, engine: Engine, found: LedgerEntry, committed: Sequence[LedgerEntry]
) -> LedgerEntry:
    """`found` as it is where the contract allows duplicates or there are none."""
    if not job.keys_prefix or not found.keys:
        return replace(found, keys=())
    duplicates = find_losers(
        store=job.sink,
        entry=found,
        committed=CommittedKeys(store=job.sink, contract=job.contract, entries=committed, written=found.outputs),
        object_key=f"{job.keys_prefix}{job.attempt}-duplicates-{uuid.uuid4().hex[:8]}",
    )
    if duplicates is None:
        return replace(found, keys=())
    entry = engine.convert(replace(job, keys_prefix=None, duplicates=duplicates), progress=lambda _bytes: None)
    _check(found, entry, duplicates)
    return entry


def _check(found: LedgerEntry, entry: LedgerEntry, duplicates: Duplicates) -> None:
    """The second conversion must differ from the first in the duplicates, and in nothing else."""
    counts = {file.key: (file.status, file.rows_read, file.rows_curated) for file in found.files}
    lost = duplicates.rows
    for file in entry.files:
        status, read, curated = counts[file.key]
        due = (status, read, curated - lost.get(file.key, 0), lost.get(file.key, 0))
        if (file.status, file.rows_read, file.rows_curated, file.rows_duplicate) != due:
            raise RowsNotConserved(
                f"{file.key}: {lost.get(file.key, 0)} duplicates were to be set aside, {file.rows_duplicate} were; "
                "nothing was committed, report this as a defect"
            )
