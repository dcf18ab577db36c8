"""The work of one replay: every held row judged and written where it belongs. What counts is the ledger's business.

Flows in: quarantine files, a contract, perhaps repairs. Flows out: outputs under the attempt's name, and the evidence
as a `LedgerEntry` that is not committed yet. Where the contract keeps one row of each key, the good rows are put to
the same search as those of a conversion, and judged once more without those that lose.
"""

from __future__ import annotations

import itertools
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from lake.convert.batch import BatchPlace
from lake.convert.parquet_output import ParquetOutput
from lake.deduplicate.committed_keys import CommittedKeys
from lake.deduplicate.duplicates import REASONS, Duplicates
from lake.deduplicate.key_rows import KeyRows
from lake.deduplicate.search import find_losers
from lake.ledger.entry import REPLAY, REPLAYED, WRITTEN_ONCE, FileEntry, LedgerEntry, Output
from lake.ledger.schema import Schema
from lake.quarantine.held_rows import HeldBatch, held_batches
from lake.quarantine.rejudged_rows import RejectedRepair, RejudgedRows, RowJudge
from lake.quarantine.repairs import Repairs
from strict_csv.checksums import ChecksumSums
from strict_csv.contract import Contract


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
    """`orders` are the columns of each source file, `origins` the batch behind each quarantine file; `attempt` is part
    of every output's name."""

    place: BatchPlace
    contract: Contract
    attempt: str
    orders: Mapping[str, set[tuple[str, ...]]]
    origins: Mapping[str, str]
    repairs: Repairs | None

    @property
    def keyed(self) -> bool:
        """Whether a key may be there only once."""
        return self.contract.duplicates == "quarantined"

    def judged(self, held: Sequence[Output], *, batch_id: str, duplicates: Duplicates | None = None) -> Replayed:
        """Judge every row of `held`; those that are `duplicates` are bad."""
        with ExitStack() as ends:
            if self.repairs:
                ends.callback(self.repairs.close)
            return _Pass(self, duplicates).run(held, batch_id)

    def without_duplicates(
        self, found: Replayed, held: Sequence[Output], *, batch_id: str, committed: Sequence[LedgerEntry]
    ) -> Replayed:
        """`found`, or what is found without the rows whose key is there already."""
        if self.keyed and found.entry.keys:
            duplicates = find_losers(
                store=self.place.sink,
                entry=found.entry,
                committed=CommittedKeys(
                    store=self.place.sink, contract=self.contract, entries=committed, written=found.entry.outputs
                ),
                object_key=f"{self.place.keys_prefix}{self.attempt}-duplicates-{uuid.uuid4().hex[:8]}",
            )
            if duplicates:
                found = self.judged(held, batch_id=batch_id, duplicates=duplicates)
        return replace(found, entry=replace(found.entry, keys=()))


class _Pass:
    """The outputs and the counts of one time through."""

    def __init__(self, work: ReplayWork, duplicates: Duplicates | None) -> None:
        self._work, self._losers = work, duplicates
        self._part, self._numbers = uuid.uuid4().hex[:8], itertools.count()
        self._judge = RowJudge(contract=work.contract, orders=work.orders, repairs=work.repairs)
        self._sums = ChecksumSums()
        self._still_bad: Counter[str] = Counter()
        self._curated = self._output(work.place.curated_prefix, work.contract.partition_by)
        self._origin = ""
        self._quarantine = self._output(work.place.quarantine_prefix, ())
        self._set_aside: list[Output] = []
        self._keys: KeyRows | None = None
        if work.keyed and duplicates is None:
            keys = f"{work.place.keys_prefix}{work.attempt}-{self._part}"
            self._keys = KeyRows(store=work.place.sink, object_key=keys, key=work.contract.key)

    def run(self, held: Sequence[Output], batch_id: str) -> Replayed:
        work = self._work
        try:
            batches = held_batches(store=work.place.sink, outputs=held)
            files = tuple(
                self._file(output, [self._batch(batch) for batch in group])
                for output, group in groupby(batches, key=lambda batch: batch.output)
            )
            self._close_origin()
            entry = LedgerEntry(
                kind=REPLAY,
                batch_id=batch_id,
                dataset=work.contract.dataset,
                contract=work.contract.fingerprint,
                written_as=Schema.of(work.contract),
                files=files,
                columns=dict.fromkeys(work.contract.column_names, "0" * 16) | self._sums.columns,
                output_digest=self._sums.digest,
                outputs=tuple(self._curated.close()),
                quarantine=tuple(self._set_aside),
                keys=self._keys.close() if self._keys else (),
            )
        except BaseException:
            for output in (self._curated, self._quarantine, self._keys):
                if output:
                    output.abandon()
            raise
        return Replayed(entry=entry, still_bad=self._still_bad, rejected_repairs=self._judge.rejected_repairs)

    def _output(self, prefix: str, partition_by: tuple[str, ...]) -> ParquetOutput:
        return ParquetOutput(store=self._work.place.sink, prefix=prefix, partition_by=partition_by, name=self._name)

    def _close_origin(self) -> None:
        """What is set aside again stays apart by the batch it came from, so that it can be told which is mended."""
        self._set_aside += [replace(output, origin=self._origin) for output in self._quarantine.close()]

    def _begin_origin(self, origin: str) -> None:
        if origin != self._origin:
            self._close_origin()
            self._origin = origin
            self._quarantine = self._output(self._work.place.quarantine_prefix, ())

    def _name(self) -> str:
        return f"{self._work.attempt}-{self._part}-{next(self._numbers):04d}.parquet"

    def _batch(self, batch: HeldBatch) -> tuple[int, int, int]:
        """Rows curated, rows set aside again, and how many of these are duplicates."""
        duplicates, store = self._losers, self._work.place.sink
        self._begin_origin(self._work.origins.get(batch.output.key, ""))
        judged = self._judge.judge(batch, loses=lambda run: duplicates.of(store, (run, 0)) if duplicates else None)
        self._still_bad.update(judged.reasons_now)
        hashes = self._sums.add(judged.good)
        if judged.good.num_rows:
            self._curated.add(judged.good)
        if judged.bad.num_rows:
            self._quarantine.add(judged.bad)
        if self._keys:
            self._note_keys(self._keys, judged, hashes)
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
