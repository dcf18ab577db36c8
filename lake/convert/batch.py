"""One dataset, one batch: plan what no ledger entry covers, convert it, commit once, sweep.

The order is what makes a crash at any point harmless: outputs carry the attempt's name and count for
nothing until the ledger names them; outputs seen before our commit that no ledger entry names after it
belong to runs that can no longer win (each run takes all that is uncommitted, so it would overlap with
us), and are swept: after a commit, and also where nothing is left to commit, since the run before may have
been killed between its commit and its sweep. No clock and no lease is involved. What a replay of quarantined
rows is writing is not judged here (see replay.py): it takes no landed file, so it would not overlap with us.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from lake.convert.job import ConversionJob, Engine, Progress
from lake.convert.pairing import Unpaired, alone, late, pair, ready
from lake.convert.second_conversion import converted_again, without_duplicates
from lake.ledger.entry import (
    ACCEPT,
    ACCEPTED,
    LedgerEntry,
    counting,
    decision,
    in_quarantine,
    origins,
    utc_now,
    withdrawn,
    written_at,
)
from lake.ledger.evolution import check_contract, check_layout
from lake.ledger.lane_state import LaneState, OpenFile
from lake.ledger.ledgers import Ledger, commit_last
from lake.stores.store import Store, StoredObject
from pipeline.errors import NothingLanded
from strict_csv.contract import Contract

COMMITTED = "committed"
ALREADY_COMMITTED = "already committed"
NOTHING_NEW = "nothing new"
SELF = "convert"  # who closes a file that was taken away
Done = TypeVar("Done")
REPLAY_MARK = "replay-"  # begins the attempt of a replay; that of a conversion is hexadecimal


@dataclass(frozen=True, kw_only=True)
class BatchPlace:
    """Where a dataset's files come from and go to."""

    source: Store
    landing_prefix: str
    sink: Store
    curated_prefix: str
    quarantine_prefix: str
    keys_prefix: str
    ledger: Ledger

    def job(
        self,
        contract: Contract,
        *,
        batch_id: str,
        mark: str = "",
        files: tuple[StoredObject, ...] = (),
        workers: int | None = None,
    ) -> ConversionJob:
        """A new attempt at the batch; its outputs' names begin with `mark`."""
        return ConversionJob(
            source=self.source,
            sink=self.sink,
            contract=contract,
            files=files,
            curated_prefix=self.curated_prefix,
            quarantine_prefix=self.quarantine_prefix,
            batch_id=batch_id,
            attempt=f"{mark}{batch_id[:12]}-{uuid.uuid4().hex[:12]}",
            keys_prefix=self.keys_prefix if contract.duplicates == "quarantined" else None,
            workers=workers,
        )


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """`status` is one of the three above; `entry` is what this run committed, and only then; `unpaired` is
    what it left where it is: a file that waits for its control file, a control file without or behind its file.
    `closed` are refused files that this run found taken away from landing, or there in a newer version."""

    status: str
    entry: LedgerEntry | None = None
    files_covered: int = 0
    unpaired: tuple[Unpaired, ...] = ()
    closed: tuple[OpenFile, ...] = ()


def batch_id_of(
    *, files: Iterable[StoredObject], contract: Contract, code_version: str, entries: Iterable[LedgerEntry] = ()
) -> str:
    """32 hex digits: the same pinned objects, contract and code give the same id. Of files that the ledger speaks of
    already (they were refused and reopened, or their batch was withdrawn) another one each time."""
    identities = sorted([item.key, item.version, item.control_version] for item in files)
    mine = {(key, version) for key, version, _ in identities}
    before = sorted(entry.batch_id for entry in entries if any(file.identity in mine for file in entry.files))
    identity = json.dumps([identities, contract.fingerprint, code_version, *before], separators=(",", ":"))
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def convert_batch(
    *,
    place: BatchPlace,
    contract: Contract,
    engine: Engine,
    code_version: str,
    progress: Progress = lambda _bytes: None,
    run_id: str = "",
    now: Callable[[], datetime] = utc_now,
) -> BatchResult:
    """Convert whatever is uncommitted. NothingLanded where landing is empty; ContractChanged where the
    contract no longer fits what is committed; RowsNotConserved where the evidence does not add up; after any
    error nothing of this run counts."""
    seen = written(place)  # before landing is: whoever wrote these had planned by then, and what it takes is landed
    landed = place.source.objects(place.landing_prefix)
    entries, gone = _close_taken_away(place, landed, run_id=run_id, now=now)
    if not landed:
        raise NothingLanded(
            f"no object of {contract.dataset} in {place.landing_prefix or 'the input folder'}, upload one"
        )
    check_contract(contract, counting(entries))
    files, controls = pair(landed)
    pending, waiting = ready(uncovered(files, entries), contract=contract)
    unpaired = (*waiting, *alone(controls, entries), *late(files, entries))
    covered = len(files) - len(pending) - len(waiting)
    newer = {item.key for item in pending}
    closed = (*gone, *(one for one in LaneState.of(entries).open_files if one.key in newer))
    if not pending:
        sweep(place, seen, replays=False)
        return BatchResult(status=NOTHING_NEW, files_covered=covered, unpaired=unpaired, closed=closed)
    check_layout(contract, counting(entries))
    batch_id = batch_id_of(files=pending, contract=contract, code_version=code_version, entries=entries)
    job = place.job(contract, batch_id=batch_id, files=tuple(pending), workers=engine.workers)

    def propose(found: LedgerEntry, committed: list[LedgerEntry]) -> tuple[LedgerEntry, tuple[LedgerEntry, list[str]]]:
        again = partial(converted_again, engine=engine, found=found)
        entry = without_duplicates(job=job, found=found, committed=counting(committed), again=again)
        entry.check()
        entry = replace(entry, at=written_at(now()), run_id=run_id, tolerated=contract.tolerance.rows_quarantined)
        return entry, (entry, written(place))

    def attempt() -> tuple[LedgerEntry, list[str]] | None:
        found = engine.convert(job, progress=progress)
        return commit_last(
            place.ledger,
            partial(propose, found),
            entries=entries,
            draft=found,
            planned=len(entries),
            whatever_came=not job.keys_prefix,
        )

    done = swept_unless_committed(place, job, attempt)
    if done is None:
        covered = len(files) - len(waiting)
        return BatchResult(status=ALREADY_COMMITTED, files_covered=covered, unpaired=unpaired, closed=closed)
    entry, before = done
    sweep(place, before, replays=False)
    return BatchResult(status=COMMITTED, entry=entry, files_covered=covered, unpaired=unpaired, closed=closed)


def _close_taken_away(
    place: BatchPlace, landed: Iterable[StoredObject], *, run_id: str, now: Callable[[], datetime]
) -> tuple[list[LedgerEntry], tuple[OpenFile, ...]]:
    """All entries, after the open files that are no longer in landing were closed: the ledger's reader must not need
    landing."""
    entries = place.ledger.entries()
    there = {item.key for item in landed}
    gone = tuple(one for one in LaneState.of(entries).open_files if one.key not in there)
    if not gone:
        return entries, ()
    files = tuple(replace(one.file, status=ACCEPTED) for one in gone)
    entry = decision(
        ACCEPT, entries=entries, files=files, reason="taken away from landing", who=SELF, now=now(), run_id=run_id
    )
    won = place.ledger.commit(entry, planned=len(entries))
    return place.ledger.entries(), gone if won else ()


def swept_unless_committed(place: BatchPlace, job: ConversionJob, attempt: Callable[[], Done | None]) -> Done | None:
    """What `attempt` gives: None where another run was faster. Then, and after an error, nothing stays of it, unless it
    was committed: after an error during the commit itself, only the ledger knows who won."""
    try:
        done = attempt()
    except BaseException:
        if not any(job.attempt in key for key in named(place.ledger.entries())):
            discard(place, job.attempt)
        raise
    if done is None:
        discard(place, job.attempt)
    return done


def sweep(place: BatchPlace, seen: Iterable[str], *, replays: bool) -> list[LedgerEntry]:
    """Remove those of the outputs `seen` that no commit names by now, of `replays` or of conversions, and what was
    withdrawn. Gives what is committed by now."""
    entries = place.ledger.entries()
    counted, dead = named(entries), taken_back(entries)
    place.sink.delete(key for key in seen if key in dead or (key not in counted and is_replay(key) == replays))
    return entries


def uncovered(landed: Sequence[StoredObject], entries: Iterable[LedgerEntry]) -> list[StoredObject]:
    """The object versions that are in no committed batch that counts, converted, refused or accepted as refused."""
    covered = LaneState.of(entries).covered
    return [item for item in landed if (item.key, item.version) not in covered]


def is_replay(key: str) -> bool:
    """Whether a replay, and no conversion, writes or wrote this output."""
    return key.rsplit("/", 1)[-1].removeprefix(".").startswith(REPLAY_MARK)


def written(place: BatchPlace) -> list[str]:
    """The keys of all outputs there, committed or not, and of what is noted of keys on the way."""
    prefixes = (place.curated_prefix, place.quarantine_prefix, place.keys_prefix)
    return [key for prefix in prefixes for key in place.sink.keys(prefix)]


def named(entries: Iterable[LedgerEntry]) -> set[str]:
    """The keys of the outputs that count: what was replayed from quarantine counts no more."""
    entries = list(entries)
    return {output.key for entry in counting(entries) for output in entry.outputs} | {
        output.key for output in in_quarantine(entries)
    }


def taken_back(entries: Iterable[LedgerEntry]) -> set[str]:
    """The keys of the outputs that counted once and were withdrawn."""
    entries = list(entries)
    gone = withdrawn(entries)
    of = origins(entries)
    return {
        output.key
        for entry in entries
        for output in (*entry.outputs, *entry.quarantine)
        if entry.batch_id in gone or of.get(output.key) in gone
    }


def discard(place: BatchPlace, attempt: str) -> None:
    """Remove what `attempt` has written."""
    place.sink.delete(key for key in written(place) if attempt in key.rsplit("/", 1)[-1])
