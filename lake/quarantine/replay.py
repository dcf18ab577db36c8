"""Quarantined rows judged again, after the contract or the rows were mended, and committed exactly once.

Flows in: what is in quarantine now, a contract, perhaps repaired rows. Flows out: one ledger entry that
covers every quarantine file there was, as a conversion covers landed files: rows that are good now in curated
files, rows still bad in a new quarantine file, as they were found in their source file. Where no row is good,
nothing is written.

What makes it exactly once is the ledger: a quarantine file has one identity and can be replayed in one
committed entry only. A crash before the commit leaves files that count for nothing, and the next replay that
commits sweeps them: each replay takes all of the quarantine, so whoever planned before that commit cannot win.
Replayed files, and what its attempt has written in vain, are removed after the commit, and by the next replay where
that was cut short.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from lake.convert.batch import (
    ALREADY_COMMITTED,
    COMMITTED,
    NOTHING_NEW,
    REPLAY_MARK,
    BatchPlace,
    discard,
    is_replay,
    named,
    sweep,
    swept_unless_committed,
    taken_back,
    written,
)
from lake.convert.job import ConversionJob
from lake.convert.second_conversion import without_duplicates
from lake.ledger.entry import REPLAYED, LedgerEntry, Output, counting, in_quarantine, origins, utc_now, written_at
from lake.ledger.evolution import check_contract, check_layout
from lake.ledger.ledgers import commit_last
from lake.quarantine.held_rows import header_orders
from lake.quarantine.rejudged_rows import RejectedRepair
from lake.quarantine.repairs import Repairs
from lake.quarantine.replay_work import Replayed, ReplayWork, mended_by
from pipeline.errors import InputChanged, RepairRefused, ReplayRefused
from strict_csv.contract import Contract


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


def replay(
    *,
    place: BatchPlace,
    contract: Contract,
    repairs: Repairs | None = None,
    code_version: str,
    now: Callable[[], datetime] = utc_now,
) -> ReplayResult:
    """Replay whatever is in quarantine. ContractChanged or ReplayRefused where the contract does not fit it,
    RepairRefused where the repairs do not; after any error nothing of this replay counts."""
    entries = place.ledger.entries()
    _fit(contract, entries)
    _sweep_done(place, entries)
    held = in_quarantine(entries)
    rows_held = sum(output.rows for output in held)
    if not held or (repairs and _already_replayed(repairs, held, entries)):
        return ReplayResult(status=NOTHING_NEW, rows_held=rows_held)
    identity = json.dumps([[output.key for output in held], contract.fingerprint, mended_by(repairs), code_version])
    batch_id = hashlib.sha256(identity.encode()).hexdigest()[:32]
    job = place.job(contract, batch_id=batch_id, mark=REPLAY_MARK)
    work = ReplayWork(held=held, orders=header_orders(entries), origins=origins(entries), repairs=repairs)

    def propose(found: Replayed, committed: list[LedgerEntry]) -> tuple[LedgerEntry | None, tuple[Replayed, list[str]]]:
        passes = [found]

        def again(job: ConversionJob) -> LedgerEntry:
            passes.append(work.judged(job))
            return passes[-1].entry

        entry = without_duplicates(job=job, found=found.entry, committed=counting(committed), again=again)
        entry = replace(entry, at=written_at(now()))
        entry.check()
        return entry if entry.rows_curated else None, (replace(passes[-1], entry=entry), written(place))

    def attempt() -> tuple[Replayed, list[str]] | None:
        found = work.judged(job)
        propose_found = partial(propose, found)
        return commit_last(
            place.ledger, propose_found, entries=entries, draft=found.entry, whatever_came=not job.keys_prefix
        )

    try:
        done = swept_unless_committed(place, job, attempt)
    except InputChanged:
        if in_quarantine(place.ledger.entries()) == held:
            raise
        done = None
    if done is None:
        return ReplayResult(status=ALREADY_COMMITTED, rows_held=rows_held)
    unique, before = done
    if unique.entry.rows_curated:
        _sweep_done(place, sweep(place, before, replays=True))
    else:
        discard(place, job.attempt)
    return _result(unique, rows_held)


def _result(found: Replayed, rows_held: int) -> ReplayResult:
    curated = found.entry.rows_curated
    return ReplayResult(
        status=COMMITTED if curated else NOTHING_NEW,
        rows_held=rows_held,
        rows_curated=curated,
        still_bad=found.still_bad,
        rejected_repairs=found.rejected_repairs,
        entry=found.entry if curated else None,
    )


def _fit(contract: Contract, entries: Sequence[LedgerEntry]) -> None:
    other = next((entry.dataset for entry in entries if entry.dataset != contract.dataset), None)
    if other:
        raise ReplayRefused(
            f"the rows are of dataset {other}, the contract is of {contract.dataset}; name its contract"
        )
    check_contract(contract, counting(entries))
    check_layout(contract, counting(entries))


def _already_replayed(repairs: Repairs, held: Sequence[Output], entries: Sequence[LedgerEntry]) -> bool:
    """Whether these very repairs were committed; RepairRefused where their rows were replayed otherwise."""
    if repairs.quarantine_files() <= {output.key for output in held}:
        return False
    if any(file.reason == mended_by(repairs) for entry in entries for file in entry.files if file.status == REPLAYED):
        return True
    raise RepairRefused("rows of this export were replayed in another way since; export what is in quarantine now")


def _sweep_done(place: BatchPlace, entries: Sequence[LedgerEntry]) -> None:
    """Remove what no replay needs any more: replayed rows, and what committed replays had written in vain."""
    counted, dead = named(entries), taken_back(entries)
    replayed = {file.key for entry in counting(entries) for file in entry.files if file.status == REPLAYED}
    over = {_attempt(output.key) for entry in entries for output in entry.outputs if is_replay(output.key)}
    if replayed or dead:
        place.sink.delete(
            key
            for key in written(place)
            if key in replayed or key in dead or (is_replay(key) and key not in counted and _attempt(key) in over)
        )


def _attempt(key: str) -> str:
    """The attempt that an output of a replay is of: `replay-<batch>-<random>`."""
    return "-".join(key.rsplit("/", 1)[-1].removeprefix(".").split("-")[:3])
