"""What a person decides about refused files and held batches: reopen, accept, withdraw; each is one ledger entry.

Flows in: a dataset's place. Flows out: `Decided`. Whether a folder or a lane is behind it makes no difference. Two
that decide the same at the same time decide it once. A decision is taken once the ledger says so: what a withdrawn
batch has left in the lake is removed afterwards, and by the next conversion where that was cut short.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lake.convert.batch import BatchPlace, taken_back, written
from lake.ledger.entry import (
    ACCEPT,
    ACCEPTED,
    BATCH,
    REOPEN,
    REOPENED,
    REPLAY,
    WITHDRAW,
    Kind,
    LedgerEntry,
    decision,
    origins,
    utc_now,
    withdrawn,
)
from lake.ledger.lane_state import LaneState, OpenFile
from lake.ledger.ledgers import commit_last
from pipeline.errors import ConfigInvalid, NothingToDecide

Now = Callable[[], datetime]
FILES = {REOPEN: REOPENED, ACCEPT: ACCEPTED}  # what a decision makes of its files
_SHORTEST = 6  # letters of a batch's id


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What was written: the files or batches that the entry speaks of. None of both where nothing was left to say."""

    files: tuple[OpenFile, ...] = ()
    batches: tuple[str, ...] = ()


Choose = Callable[[list[LedgerEntry]], Decided]


def reopen_files(
    *, place: BatchPlace, keys: Collection[str] = (), who: str, reason: str = "", now: Now = utc_now
) -> Decided:
    """The open files of `keys`, or all of them, are uncovered: the next run reads them. What was decided before is
    left as it is; NothingToDecide names a key that no entry speaks of."""
    return _decide(place, REOPEN, lambda entries: Decided(files=_open(entries, keys)), who=who, reason=reason, now=now)


def accept_files(
    *, place: BatchPlace, keys: Collection[str] = (), who: str, reason: str, now: Now = utc_now
) -> Decided:
    """The open files of `keys`, or all of them, stay out for good."""
    _asks_for(reason)
    return _decide(place, ACCEPT, lambda entries: Decided(files=_open(entries, keys)), who=who, reason=reason, now=now)


def accept_rows(
    *, place: BatchPlace, batches: Collection[str] = (), who: str, reason: str, now: Now = utc_now
) -> Decided:
    """The held batches of these ids (or beginnings of ids), or all, are held no more; their rejected rows stay in
    quarantine."""
    _asks_for(reason)
    return _decide(
        place, ACCEPT, lambda entries: Decided(batches=_held(entries, batches)), who=who, reason=reason, now=now
    )


def withdraw(*, place: BatchPlace, batch: str, who: str, reason: str, now: Now = utc_now) -> Decided:
    """The batch of this id (or beginning of one) counts no more: its Parquet goes now, its rows in the warehouse with
    the next load, and its files are read again by the next run. NothingToDecide where rows of it were replayed
    together with others': they could not be told apart."""
    _asks_for(reason)
    decided = _decide(
        place, WITHDRAW, lambda entries: Decided(batches=_together(entries, batch)), who=who, reason=reason, now=now
    )
    dead = taken_back(place.ledger.entries())
    place.sink.delete(key for key in written(place) if key in dead)
    return decided


def _decide(place: BatchPlace, kind: Kind, choose: Choose, *, who: str, reason: str, now: Now) -> Decided:
    """What `choose` finds to say of the ledger as it is, committed behind exactly that."""

    def propose(entries: list[LedgerEntry]) -> tuple[LedgerEntry | None, Decided]:
        if not entries:
            raise NothingToDecide("the ledger is empty, nothing was converted yet")
        chosen = choose(entries)
        files = tuple(replace(one.file, status=FILES[kind]) for one in chosen.files)
        entry = decision(kind, entries=entries, files=files, batches=chosen.batches, reason=reason, who=who, now=now())
        return (entry if chosen != Decided() else None), chosen

    return commit_last(place.ledger, propose, entries=place.ledger.entries()) or Decided()


def _open(entries: Sequence[LedgerEntry], keys: Collection[str]) -> tuple[OpenFile, ...]:
    state = LaneState.of(entries)
    spoken = {file.key for entry in state.entries for file in entry.files}
    unknown = [key for key in keys if key not in spoken]
    if unknown:
        there = ", ".join(one.key for one in state.open_files) or "none"
        raise NothingToDecide(f"{', '.join(unknown)}: no such file was ever read; open are: {there}")
    return tuple(one for one in state.open_files if not keys or one.key in keys)


def _held(entries: Sequence[LedgerEntry], batches: Collection[str]) -> tuple[str, ...]:
    state = LaneState.of(entries)
    known = [entry.batch_id for entry in state.counting if entry.kind == BATCH]
    asked = {_of(batch, known) for batch in batches}
    return tuple(one.batch_id for one in state.held if not asked or one.batch_id in asked)


def _together(entries: Sequence[LedgerEntry], batch: str) -> tuple[str, ...]:
    """The batch and the replays of its rows alone; none where it was withdrawn before."""
    counting = LaneState.of(entries).counting
    chosen = _of(batch, [entry.batch_id for entry in entries if entry.kind == BATCH])
    if chosen in withdrawn(entries):
        return ()
    together = [chosen]
    for entry in counting:
        files = [file for file in entry.files if file.origin == chosen] if entry.kind == REPLAY else []
        if any(file.rows_curated for file in files):
            if len(files) < len(entry.files):
                raise NothingToDecide(
                    f"rows of batch {chosen[:12]} were replayed together with others' and can't be told from them any "
                    "more; accept the batch, or deliver the dataset anew under another name"
                )
            together.append(entry.batch_id)
    if any(not origin for origin in origins(counting).values()):
        raise NothingToDecide(
            f"rows of this ledger were replayed before it named their batches; batch {chosen[:12]} can't be "
            "told from others any more"
        )
    return tuple(together)


def _of(beginning: str, known: Sequence[str]) -> str:
    found = [batch_id for batch_id in known if batch_id.startswith(beginning)] if len(beginning) >= _SHORTEST else []
    if len(found) != 1:
        listed = ", ".join(batch_id[:12] for batch_id in known) or "none"
        raise NothingToDecide(
            f"{beginning!r} is not one batch of the ledger: give {_SHORTEST} letters or more of an id; there: {listed}"
        )
    return found[0]


def _asks_for(reason: str) -> None:
    if not reason.strip():
        raise ConfigInvalid("say why with --reason TEXT: it is kept in the ledger, with your name")
