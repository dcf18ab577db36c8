"""Curated and quarantine files that stand or fall together.

Flows in: blocks of the reader, file by file. Flows out: `Output`s, once closed. Which files share outputs is the
bundle's business.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pyarrow as pa

from lake.convert.job import ConversionJob
from lake.convert.parquet_output import ParquetOutput
from lake.convert.quarantine_table import quarantine_table
from lake.ledger.entry import Output
from strict_csv.reader import Block


class Outputs:
    """One group of files; `name` makes a new file name that no other attempt uses."""

    def __init__(self, job: ConversionJob, name: Callable[[], str]) -> None:
        output = partial(
            ParquetOutput, store=job.sink, name=name, buffer_bytes=job.buffer_bytes, file_bytes=job.file_bytes
        )
        self._curated = output(prefix=job.curated_prefix, partition_by=job.contract.partition_by)
        self._quarantine = output(prefix=job.quarantine_prefix, partition_by=())

    def add(self, key: str, block: Block) -> None:
        """Take a block of the file `key`."""
        self.add_rows(block.table, quarantine_table(key, block.rejected) if block.rejected else None)

    def add_rows(self, good: pa.Table, bad: pa.Table | None) -> None:
        """Take curated rows, and rows of quarantine."""
        if good.num_rows:
            self._curated.add(good)
        if bad is not None and bad.num_rows:
            self._quarantine.add(bad)

    def add_all(self, key: str, waiting: list[Block]) -> None:
        """Take the blocks of the file `key` that wait; none waits then."""
        for block in waiting:
            self.add(key, block)
        waiting.clear()

    def end_quarantine(self) -> list[Output]:
        """Finish the quarantine files so far, and give all that there are; rows that follow begin another."""
        return self._quarantine.close()

    def close(self) -> tuple[tuple[Output, ...], tuple[Output, ...]]:
        """Finish every file: (curated, quarantine); again is harmless."""
        return tuple(self._curated.close()), tuple(self._quarantine.close())

    def abandon(self) -> None:
        """Remove everything that was written."""
        self._curated.abandon()
        self._quarantine.abandon()
