"""What a lane's ledger of one dataset comes to: what counts, what is covered, open and held.

Flows in: ledger entries, oldest first. Flows out: `LaneState`. The last entry that speaks of a file or a batch
decides. Nothing is read, and no contract is asked: whether a batch is held was fixed by the tolerance that its own
entry recorded, so that every reader of the ledger finds the same (docs/decisions/0031).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lake.ledger.entry import (
    ACCEPT,
    BATCH,
    CONVERTED,
    REFUSED,
    REPLAY,
    REPLAYED,
    WITHDRAW,
    FileEntry,
    LedgerEntry,
    counting,
    origins,
    withdrawn,
)


@dataclass(frozen=True, kw_only=True)
class OpenFile:
    """A landed file that was refused and about which nobody has decided. `since` is ISO 8601, "" where unknown."""

    file: FileEntry
    batch_id: str
    since: str

    @property
    def key(self) -> str:
        return self.file.key

    @property
    def reason(self) -> str:
        return self.file.reason or "no reason was written"


@dataclass(frozen=True, kw_only=True)
class HeldBatch:
    """A batch that is committed in the lake and neither aggregated nor loaded: of `rows_read` rows `rows_rejected`
    are in quarantine (duplicates left out), which is a greater share than `tolerated`."""

    batch_id: str
    rows_read: int
    rows_curated: int
    rows_rejected: int
    tolerated: float
    since: str
    files: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LaneState:
    """`counting` are the batches and replays that count; `loadable` those of them that are not held."""

    entries: tuple[LedgerEntry, ...]
    counting: tuple[LedgerEntry, ...]
    covered: frozenset[tuple[str, str]]
    open_files: tuple[OpenFile, ...]
    held: tuple[HeldBatch, ...]

    @classmethod
    def of(cls, entries: Iterable[LedgerEntry]) -> LaneState:
        entries = tuple(entries)
        counted = tuple(counting(entries))
        covered, open_files = _files(entries)
        return cls(
            entries=entries,
            counting=counted,
            covered=frozenset(covered),
            open_files=tuple(open_files),
            held=tuple(_held(entries, counted)),
        )

    @property
    def loadable(self) -> tuple[LedgerEntry, ...]:
        held = {batch.batch_id for batch in self.held}
        return tuple(entry for entry in self.counting if entry.batch_id not in held)


def _files(entries: Sequence[LedgerEntry]) -> tuple[set[tuple[str, str]], list[OpenFile]]:
    """The file versions that are covered, and the open files by the time they were refused."""
    covered: dict[tuple[str, str], str] = {}  # by identity, who spoke last
    refused: dict[str, OpenFile] = {}  # by key: a newer version under the same key closes the older one
    for entry in entries:
        if entry.kind == WITHDRAW:
            taken_back = [identity for identity, speaker in covered.items() if speaker in entry.batches]
            for identity in taken_back:
                del covered[identity]
            for key in [key for key, one in refused.items() if one.batch_id in entry.batches]:
                del refused[key]
            continue
        for file in entry.files if entry.kind != REPLAY else ():
            refused.pop(file.key, None)
            if entry.kind not in (BATCH, ACCEPT):
                covered.pop(file.identity, None)
                continue
            covered[file.identity] = entry.batch_id
            if entry.kind == BATCH and file.status == REFUSED:
                refused[file.key] = OpenFile(file=file, batch_id=entry.batch_id, since=entry.at)
    return set(covered), list(refused.values())


def _held(entries: Sequence[LedgerEntry], counted: Sequence[LedgerEntry]) -> Iterable[HeldBatch]:
    accepted = {batch_id for entry in entries if entry.kind == ACCEPT for batch_id in entry.batches}
    replays = [entry for entry in counted if entry.kind == REPLAY]
    for entry in counted:
        if entry.kind != BATCH or entry.tolerated is None or entry.batch_id in accepted:
            continue
        rows_read = sum(file.rows_read for file in entry.files if file.status == CONVERTED)
        rejected = rows_rejected(entry, replays)
        if rejected > Decimal(str(entry.tolerated)) * rows_read:
            yield HeldBatch(
                batch_id=entry.batch_id,
                rows_read=rows_read,
                rows_curated=entry.rows_curated,
                rows_rejected=rejected,
                tolerated=entry.tolerated,
                since=entry.at,
                files=tuple(file.key for file in entry.files if file.rows_quarantined > file.rows_duplicate),
            )


def rows_rejected(batch: LedgerEntry, replays: Iterable[LedgerEntry]) -> int:
    """The rows of `batch` that are in quarantine now, duplicates left out. Each replay took all of the quarantine,
    so the last one that took rows of this batch says how many are left."""
    files = batch.files
    for entry in replays:
        if those := tuple(file for file in entry.files if file.origin == batch.batch_id):
            files = those
    return sum(file.rows_quarantined - file.rows_duplicate for file in files if file.status in (CONVERTED, REPLAYED))


def contradiction(entry: LedgerEntry, committed: Sequence[LedgerEntry], *, planned: int | None = None) -> bool:
    """Whether what was committed meanwhile leaves `entry` nothing to say; `planned`: how many entries its writer saw.

    Whoever commits a batch sweeps what other attempts over its files wrote. So a batch has lost as soon as anybody
    spoke of one of its keys since it was planned, even where the file is uncovered again by now.
    """
    state = LaneState.of(committed)
    if entry.kind == BATCH:
        keys = {file.key for file in entry.files}
        spoken = planned is not None and any(_spoken(late, committed) & keys for late in committed[planned:])
        return spoken or any(file.identity in state.covered for file in entry.files)
    if entry.kind == REPLAY:
        there = {output.key for one in state.counting for output in one.quarantine} - {
            file.key for one in state.counting for file in one.files if file.status == REPLAYED
        }
        gone, origin_of = withdrawn(committed), origins(committed)
        return any(file.key not in there or origin_of.get(file.key, "") in gone for file in entry.files)
    if entry.kind == WITHDRAW:
        return not set(entry.batches) <= {one.batch_id for one in state.counting}
    open_now = {one.file.identity for one in state.open_files}
    held_now = {one.batch_id for one in state.held}
    return not ({file.identity for file in entry.files} <= open_now and set(entry.batches) <= held_now)


def _spoken(entry: LedgerEntry, committed: Sequence[LedgerEntry]) -> set[str]:
    """The keys of landed files that `entry` speaks of."""
    if entry.kind == WITHDRAW:
        return {file.key for other in committed if other.batch_id in entry.batches for file in other.files}
    return {file.key for file in entry.files}
