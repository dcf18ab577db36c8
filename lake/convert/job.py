"""What one conversion has to do: planned by the batch, done by whichever engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lake.convert.parquet_output import BUFFER_BYTES, FILE_BYTES
from lake.deduplicate.duplicates import Duplicates
from lake.ledger.entry import LedgerEntry
from lake.stores.store import Store, StoredObject
from strict_csv.contract import Contract
from strict_csv.reader import BLOCK_BYTES

WHOLE_BYTES = 32 * 1024 * 1024
SPLIT_BYTES = 32 * 1024 * 1024
Progress = Callable[[int], None]
"""Is called with the number of bytes newly read; where it raises, the work ends."""


@dataclass(frozen=True, kw_only=True)
class ConversionJob:
    """What to convert and where to; `attempt` is part of every output's name. Picklable.

    Memory: files up to `whole_bytes` wait as a whole, rows wait up to `buffer_bytes` for their row group.
    Nothing smaller than `split_bytes` is split or is work for more than one worker; an output file is
    finished once it has `file_bytes`.
    Key rows are written below `keys_prefix`, where there is one; `duplicates` are quarantined as duplicates.
    Files are cut for as many `workers` as are given here (default: those that the engine has now): who converts a
    batch twice cuts it twice at the same places.
    """

    source: Store
    sink: Store
    contract: Contract
    files: tuple[StoredObject, ...]
    curated_prefix: str
    quarantine_prefix: str
    batch_id: str
    attempt: str
    keys_prefix: str | None = None
    duplicates: Duplicates | None = None
    workers: int | None = None
    block_bytes: int = BLOCK_BYTES
    whole_bytes: int = WHOLE_BYTES
    buffer_bytes: int = BUFFER_BYTES
    split_bytes: int = SPLIT_BYTES
    file_bytes: int = FILE_BYTES


class Engine(Protocol):
    """Who does the work: SingleEngine or SparkEngine. `workers`: how many of it work at a time just now."""

    @property
    def workers(self) -> int: ...

    def convert(self, job: ConversionJob, *, progress: Progress) -> LedgerEntry:
        """The evidence of all of the job's files."""
        ...
