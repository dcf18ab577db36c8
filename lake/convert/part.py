"""What one worker writes of a batch or a replay: curated and quarantined rows, key hashes, and the sums of both.

Flows in: rows, as they were judged. Flows out: outputs under the attempt's name, and a `LedgerEntry` that speaks of
them alone. Every part has names of its own: a retried or speculative one never touches another's files.
"""

from __future__ import annotations

import itertools
import uuid

from lake.convert.job import ConversionJob
from lake.convert.outputs import Outputs
from lake.deduplicate.key_rows import KeyRows
from lake.ledger.entry import BATCH, FileEntry, Kind, LedgerEntry
from lake.ledger.schema import Schema
from strict_csv.checksums import ChecksumSums


class Part:
    """`sums` are over the curated rows, `keys` are noted where the job asks for it."""

    def __init__(self, job: ConversionJob) -> None:
        self._job = job
        self._part, self._numbers = uuid.uuid4().hex[:8], itertools.count()
        self._opened: list[Outputs] = []
        self.sums = ChecksumSums()
        self.keys = (
            KeyRows(store=job.sink, object_key=f"{job.keys_prefix}{job.attempt}-{self._part}", key=job.contract.key)
            if job.keys_prefix
            else None
        )

    def outputs(self) -> Outputs:
        """Another group of files; named `<attempt>-<part>-<n>.parquet`."""
        outputs = Outputs(self._job, lambda: f"{self._job.attempt}-{self._part}-{next(self._numbers):04d}.parquet")
        self._opened.append(outputs)
        return outputs

    def entry(self, files: tuple[FileEntry, ...], *, kind: Kind = BATCH) -> LedgerEntry:
        """What was written, once that is finished."""
        written = [outputs.close() for outputs in self._opened]
        return LedgerEntry(
            kind=kind,
            batch_id=self._job.batch_id,
            dataset=self._job.contract.dataset,
            contract=self._job.contract.fingerprint,
            written_as=Schema.of(self._job.contract),
            files=files,
            columns=dict.fromkeys(self._job.contract.column_names, "0" * 16) | self.sums.columns,
            output_digest=self.sums.digest,
            outputs=tuple(output for curated, _ in written for output in curated),
            quarantine=tuple(output for _, quarantined in written for output in quarantined),
            keys=self.keys.close() if self.keys else (),
        )

    def abandon(self) -> None:
        """Remove everything that was written."""
        for writer in (*([self.keys] if self.keys else []), *self._opened):
            writer.abandon()
