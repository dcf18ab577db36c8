"""Quarantined rows judged again, after the contract or the rows were mended, and committed exactly once.

Flows in: what is in quarantine now, a contract, perhaps repaired rows. Flows out: one ledger entry that
covers every quarantine file there was, as a conversion covers landed files: rows that are good now in curated
files, rows still bad in a new quarantine file, as they were found in their source file. Where no row is good,
nothing is written.

What makes it exactly once is the ledger: a quarantine file has one identity and can be replayed in one
committed entry only. A crash before the commit leaves files that count for nothing, and the next replay that
commits sweeps them: each replay takes all of the quarantine, so whoever planned before that commit cannot win.
Replayed files are removed after the commit, and by the next replay or conversion where that was cut short.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

from glue_scripts.conversion.batch import (
    ALREADY_COMMITTED,
    COMMITTED,
    NOTHING_NEW,
    REPLAY_MARK,
    BatchPlace,
    discard,
    discard_unless_committed,
    is_replay,
    named,
    written,
)
from glue_scripts.conversion.held_rows import HeldBatch, header_orders, held_batches
from glue_scripts.conversion.parquet_output import ParquetOutput
from glue_scripts.conversion.rejudged_rows import RejectedRepair, RowJudge
from glue_scripts.conversion.repairs import Repairs
from glue_scripts.strict_csv.checksums import ChecksumSums
from pipeline.contract import Contract
from pipeline.errors import InputChanged, RepairRefused, ReplayRefused
from pipeline.evolution import check_contract
from pipeline.ledger import REPLAYED, WRITTEN_ONCE, FileEntry, LedgerEntry, Output, in_quarantine
from pipeline.schema import Schema


@dataclass(frozen=True, kw_only=True)
class ReplayResult:
    """`status` is one of batch.py's three. `rows_held` were in quarantine; of these `still_bad` counts those that
    are bad now, by reason; `rejected_repairs` are the first repaired records that are."""

    status: str
    rows_held: int = 0
    rows_curated: int = 0
    still_bad: Counter[str] = field(default_factory=Counter)
    rejected_repairs: Sequence[RejectedRepair] = ()
    entry: LedgerEntry | None = None

    def to_mapping(self) -> dict[str, Any]:
        """JSON: counts only, and the entry that was committed."""
        return {
            "status": self.status,
            "rows_held": self.rows_held,
            "rows_curated": self.rows_curated,
            "still_bad": dict(self.still_bad),
            "rejected_repairs": [asdict(one) for one in self.rejected_repairs],
            "entry": self.entry.to_mapping() if self.entry else None,
        }


def replay(*, place: BatchPlace, contract: Contract, repairs: Repairs | None = None, code_version: str) -> ReplayResult:
    """Replay whatever is in quarantine. ContractChanged or ReplayRefused where the contract does not fit it,
    RepairRefused where the repairs do not; after any error nothing of this replay counts."""
    entries = place.ledger.entries()
    _fit(contract, entries)
    _sweep_replayed(place, entries)
    held = in_quarantine(entries)
    rows_held = sum(output.rows for output in held)
    if not held or (repairs and _already_replayed(repairs, held, entries)):
        return ReplayResult(status=NOTHING_NEW, rows_held=rows_held)
    said = json.dumps([[output.key for output in held], contract.fingerprint, _mended(repairs), code_version])
    batch_id = hashlib.sha256(said.encode()).hexdigest()[:32]
    attempt = f"{REPLAY_MARK}{batch_id[:12]}-{uuid.uuid4().hex[:12]}"
    judge = RowJudge(contract=contract, orders=header_orders(entries), repairs=repairs)
    work = _Work(place=place, contract=contract, attempt=attempt, judge=judge)
    try:
        entry = work.entry(held, batch_id=batch_id, mended=_mended(repairs))
        if not entry.rows_curated:
            discard(place, attempt)
            return work.result(NOTHING_NEW, rows_held)
        entry.check()
        before = [key for key in written(place) if is_replay(key)]
        won = place.ledger.commit(entry)
    except (InputChanged, FileNotFoundError):
        discard(place, attempt)
        if in_quarantine(place.ledger.entries()) == held:
            raise
        return ReplayResult(status=ALREADY_COMMITTED, rows_held=rows_held)
    except BaseException:
        discard_unless_committed(place, attempt)
        raise
    finally:
        if repairs:
            repairs.close()
    if not won:
        discard(place, attempt)
        return ReplayResult(status=ALREADY_COMMITTED, rows_held=rows_held)
    committed = place.ledger.entries()
    counted = named(committed)
    place.sink.delete(key for key in before if key not in counted)
    _sweep_replayed(place, committed)
    return work.result(COMMITTED, rows_held, entry=entry)


def _fit(contract: Contract, entries: Sequence[LedgerEntry]) -> None:
    other = next((entry.dataset for entry in entries if entry.dataset != contract.dataset), None)
    if other:
        raise ReplayRefused(
            f"the rows are of dataset {other}, the contract is of {contract.dataset}; name its contract"
        )
    check_contract(contract, entries)
    if contract.duplicates == "quarantined":
        raise ReplayRefused(f"{contract.dataset} has a key, and the key check of replayed rows is not built yet")


def _mended(repairs: Repairs | None) -> str:
    return f"repaired {repairs.digest}" if repairs else "contract"


def _already_replayed(repairs: Repairs, held: Sequence[Output], entries: Sequence[LedgerEntry]) -> bool:
    """Whether these very repairs were committed; RepairRefused where their rows were replayed otherwise."""
    if repairs.quarantine_files() <= {output.key for output in held}:
        return False
    if any(file.reason == _mended(repairs) for entry in entries for file in entry.files if file.status == REPLAYED):
        return True
    raise RepairRefused("rows of this export were replayed in another way since; export what is in quarantine now")


def _sweep_replayed(place: BatchPlace, entries: Sequence[LedgerEntry]) -> None:
    replayed = {file.key for entry in entries for file in entry.files if file.status == REPLAYED}
    if replayed:
        place.sink.delete([key for key in place.sink.keys(place.quarantine_prefix) if key in replayed])


class _Work:
    """The outputs and the evidence of one replay."""

    def __init__(self, *, place: BatchPlace, contract: Contract, attempt: str, judge: RowJudge) -> None:
        self._place, self._contract, self._attempt, self._judge = place, contract, attempt, judge
        self._numbers = itertools.count()
        self._sums = ChecksumSums()
        self._still_bad: Counter[str] = Counter()
        self._curated = self._output(place.curated_prefix, contract.partition_by)
        self._quarantine = self._output(place.quarantine_prefix, ())

    def _output(self, prefix: str, partition_by: tuple[str, ...]) -> ParquetOutput:
        return ParquetOutput(store=self._place.sink, prefix=prefix, partition_by=partition_by, name=self._name)

    def _name(self) -> str:
        return f"{self._attempt}-{next(self._numbers):04d}.parquet"

    def entry(self, held: Sequence[Output], *, batch_id: str, mended: str) -> LedgerEntry:
        """Judge every row of `held` and write it where it belongs."""
        try:
            batches = held_batches(store=self._place.sink, prefix=self._place.quarantine_prefix, outputs=held)
            files = tuple(
                self._file(output, [self._batch(batch) for batch in group], mended)
                for output, group in groupby(batches, key=lambda batch: batch.output)
            )
            outputs, quarantine = tuple(self._curated.close()), tuple(self._quarantine.close())
        except BaseException:
            self._curated.abandon()
            self._quarantine.abandon()
            raise
        return LedgerEntry(
            batch_id=batch_id,
            dataset=self._contract.dataset,
            contract=self._contract.fingerprint,
            written_as=Schema.of(self._contract),
            files=files,
            columns=dict.fromkeys(self._contract.column_names, "0" * 16) | self._sums.columns,
            output_digest=self._sums.digest,
            outputs=outputs,
            quarantine=quarantine,
        )

    def result(self, status: str, rows_held: int, *, entry: LedgerEntry | None = None) -> ReplayResult:
        return ReplayResult(
            status=status,
            rows_held=rows_held,
            rows_curated=entry.rows_curated if entry else 0,
            still_bad=self._still_bad,
            rejected_repairs=self._judge.rejected_repairs,
            entry=entry,
        )

    def _batch(self, batch: HeldBatch) -> tuple[int, int]:
        """Rows curated and rows set aside again."""
        judged = self._judge.judge(batch)
        self._sums.add(judged.good)
        self._still_bad.update(judged.reasons_now)
        if judged.good.num_rows:
            self._curated.add(judged.good)
        if judged.bad.num_rows:
            self._quarantine.add(judged.bad)
        return judged.good.num_rows, judged.bad.num_rows

    def _file(self, output: Output, counts: Sequence[tuple[int, int]], mended: str) -> FileEntry:
        curated, quarantined = sum(good for good, _ in counts), sum(bad for _, bad in counts)
        return FileEntry(
            key=output.key,
            version=WRITTEN_ONCE,
            bytes=output.bytes,
            status=REPLAYED,
            reason=mended,
            rows_read=output.rows,
            rows_curated=curated,
            rows_quarantined=quarantined,
        )
