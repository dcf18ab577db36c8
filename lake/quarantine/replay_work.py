"""The work of one replay: every held row judged and written where it belongs. What counts is the ledger's business.

Flows in: quarantine files, a contract, perhaps repairs. Flows out: outputs under the attempt's name, and the evidence
as a `LedgerEntry` that is not committed yet. Where the contract keeps one row of each key, the good rows are put to
the same search as those of a conversion, and judged once more without those that lose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from lake.convert.job import ConversionJob
from lake.convert.part import Part
from lake.deduplicate.duplicates import REASONS
from lake.deduplicate.key_rows import KeyRows
from lake.ledger.entry import REPLAY, REPLAYED, WRITTEN_ONCE, FileEntry, LedgerEntry, Output
from lake.quarantine.held_rows import HeldBatch, held_batches
from lake.quarantine.rejudged_rows import RejectedRepair, RejudgedRows, RowJudge
from lake.quarantine.repairs import Repairs


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """The evidence, why rows are still bad (counted by reason), and the first mended ones that are."""

    entry: LedgerEntry
    still_bad: Counter[str]
    rejected_repairs: Sequence[RejectedRepair]


def mended_by(repairs: Repairs | None) -> str:
    """What the ledger says of a replay: the contract, or which repairs."""
    return f"repaired {repairs.digest}" if repairs else "contract"


@dataclass(frozen=True, kw_only=True)
class ReplayWork:
    """`held` is what is in quarantine, `orders` are the columns of each source file, `origins` the batch behind each
    quarantine file."""

    held: Sequence[Output]
    orders: Mapping[str, set[tuple[str, ...]]]
    origins: Mapping[str, str]
    repairs: Repairs | None

    def judged(self, job: ConversionJob) -> Replayed:
        """Judge every row; those that are the job's duplicates are bad."""
        with ExitStack() as ends:
            if self.repairs:
                ends.callback(self.repairs.close)
            return _Pass(self, job).run()


class _Pass:
    """The outputs and the counts of one time through."""

    def __init__(self, work: ReplayWork, job: ConversionJob) -> None:
        self._work, self._job = work, job
        self._judge = RowJudge(contract=job.contract, orders=work.orders, repairs=work.repairs)
        self._still_bad: Counter[str] = Counter()
        self._part = Part(job)
        self._outputs = self._part.outputs()
        self._origin = ""
        self._origins: dict[str, str] = {}

    def run(self) -> Replayed:
        try:
            batches = held_batches(store=self._job.sink, outputs=self._work.held)
            files = tuple(
                self._file(output, [self._batch(batch) for batch in group])
                for output, group in groupby(batches, key=lambda batch: batch.output)
            )
            self._end_origin()
            entry = self._part.entry(files, kind=REPLAY)
        except BaseException:
            self._part.abandon()
            raise
        quarantine = tuple(replace(output, origin=self._origins[output.key]) for output in entry.quarantine)
        return Replayed(
            entry=replace(entry, quarantine=quarantine),
            still_bad=self._still_bad,
            rejected_repairs=self._judge.rejected_repairs,
        )

    def _begin_origin(self, origin: str) -> None:
        """What is quarantined again stays apart by the batch it came from, so that it can be told which is mended."""
        if origin != self._origin:
            self._end_origin()
            self._origin = origin

    def _end_origin(self) -> None:
        for output in self._outputs.end_quarantine():
            self._origins.setdefault(output.key, self._origin)

    def _batch(self, batch: HeldBatch) -> tuple[int, int, int]:
        """Rows curated, rows quarantined again, and how many of these are duplicates."""
        duplicates, store = self._job.duplicates, self._job.sink
        self._begin_origin(self._work.origins.get(batch.output.key, ""))
        judged = self._judge.judge(batch, loses=lambda run: duplicates.of(store, (run, 0)) if duplicates else None)
        self._still_bad.update(judged.reasons_now)
        hashes = self._part.sums.add(judged.good)
        self._outputs.add_rows(judged.good, judged.bad)
        if self._part.keys:
            self._note_keys(self._part.keys, judged, hashes)
        return judged.good.num_rows, judged.bad.num_rows, sum(reason in REASONS for reason in judged.reasons_now)

    @staticmethod
    def _note_keys(keys: KeyRows, judged: RejudgedRows, hashes: np.ndarray) -> None:
        start = 0
        for run, rows in judged.runs.items():
            keys.add(judged.good.slice(start, rows), hashes[start : start + rows], file=run, byte_start=0, ordinal=0)
            start += rows

    def _file(self, output: Output, counts: Sequence[tuple[int, int, int]]) -> FileEntry:
        curated, quarantined, duplicate = (sum(count[place] for count in counts) for place in range(3))
        return FileEntry(
            key=output.key,
            version=WRITTEN_ONCE,
            bytes=output.bytes,
            status=REPLAYED,
            reason=mended_by(self._work.repairs),
            rows_read=output.rows,
            rows_curated=curated,
            rows_quarantined=quarantined,
            rows_duplicate=duplicate,
            origin=self._work.origins.get(output.key, ""),
        )
