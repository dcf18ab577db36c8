"""Where committed batches stand, and the one commit point.

A lane's ledger of a dataset is a chain of numbered slots, each written once (`If-None-Match: *`). Naming
the slot by number and not by batch makes two runs whose inputs overlap without being equal compete for
one key: each object version is converted in exactly one batch (I3). A folder's ledger is one ledger.json under a
lock, which holds the entries and, before them, what they come to. Neither looks at Parquet.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from lake.ledger.checkpoints import Checkpoints, Slot
from lake.ledger.entry import BATCH, REPLAY, LedgerEntry, counting, whole
from lake.ledger.evolution import check_entry
from lake.ledger.lane_state import contradiction
from lake.stores.store import ReadStore, Store
from pipeline import layout
from pipeline.errors import CommitContested

COMMIT_ATTEMPTS = 20
Result = TypeVar("Result")


class SlotTaken(Exception):
    """Another batch was committed since the caller looked: what it concluded from that may not hold any more."""


class Ledger(Protocol):
    """What is committed, and how to commit more."""

    def entries(self) -> list[LedgerEntry]:
        """Every committed batch, oldest first."""
        ...

    def commit(
        self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None, planned: int | None = None
    ) -> bool:
        """True once `entry` is committed; False where what is committed leaves it nothing to say: another batch
        covers one of its files, or spoke of one since `planned` entries were there (lane_state.contradiction).

        ContractChanged where a run with another contract was faster. SlotTaken where `after` is given and is
        no longer all that is committed."""
        ...


class LaneReader:
    """The chain of one lane and dataset, for who commits nothing. A slot never changes: what was read stays in memory,
    and only what is new is asked for."""

    def __init__(self, *, store: ReadStore, lane: str, dataset: str) -> None:
        self._lane, self._dataset, self._reading = lane, dataset, store
        self._checkpoints = Checkpoints(store=store, lane=lane, dataset=dataset)
        self._slots: list[Slot] | None = None

    def entries(self) -> list[LedgerEntry]:
        return [slot.entry for slot in self._read_on()]

    def _read_on(self) -> list[Slot]:
        """All slots. A folder may also hold the draft of a slot whose writer was killed: it says nothing."""
        if self._slots is None:
            self._slots = self._checkpoints.read()
        prefix, known = layout.ledger_prefix(self._lane, self._dataset), len(self._slots)
        after = layout.ledger_key(self._lane, self._dataset, f"{self._slots[-1].number:08d}") if known else ""
        for key in self._reading.keys(prefix, after=after):
            if Path(key).stem.isdecimal():
                self._slots.append(Slot.of(int(Path(key).stem), self._reading.read(key)))
        if len(self._slots) > known:
            self._met_new(self._slots)
        return self._slots

    def _met_new(self, slots: list[Slot]) -> None:
        """Slots that no checkpoint holds: an older ledger, or whoever committed them left none."""


class LaneLedger(LaneReader):
    """The same in a store that may be written: it commits, and leaves checkpoints."""

    def __init__(self, *, store: Store, lane: str, dataset: str) -> None:
        super().__init__(store=store, lane=lane, dataset=dataset)
        self._store = store

    def commit(
        self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None, planned: int | None = None
    ) -> bool:
        body = json.dumps(entry.to_mapping(), sort_keys=True).encode()
        slots = self._read_on() if self._slots is None else self._slots
        for _ in range(COMMIT_ATTEMPTS):
            committed = [slot.entry for slot in slots]
            if entry in committed:  # the reply to our own PUT was lost
                return True
            if contradiction(entry, committed, planned=planned):
                return False
            _fits(entry, committed)
            if after is not None and committed != list(after):
                raise SlotTaken
            number = slots[-1].number + 1 if slots else 1
            if self._store.put_new(layout.ledger_key(self._lane, self._dataset, f"{number:08d}"), body):
                slots.append(Slot.of(number, body))
                self._checkpoints.write(slots, to=self._store)
                return True
            self._read_on()  # the next slot is free only where all others are known
        raise _contested(self._dataset)

    def _met_new(self, slots: list[Slot]) -> None:
        self._checkpoints.write(slots, to=self._store)


class FolderLedger:
    """ledger.json of an output folder: all its entries, and what they come to as one."""

    def __init__(self, *, folder: Path) -> None:
        self._path = folder / "ledger.json"

    def entries(self) -> list[LedgerEntry]:
        if not self._path.exists():
            return []
        found = json.loads(self._path.read_text(encoding="utf-8"))
        # One written before there were kinds of entries is a single entry that had grown.
        return [LedgerEntry.from_mapping(entry) for entry in found.get("entries", [found])]

    def whole(self) -> LedgerEntry | None:
        """What ledger.json says as one entry; None where nothing counts."""
        return whole(self.entries())

    def commit(
        self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None, planned: int | None = None
    ) -> bool:
        with self._lock():
            committed = self.entries()
            if contradiction(entry, committed, planned=planned):
                return False
            _fits(entry, committed)
            if after is not None and committed != list(after):
                raise SlotTaken
            draft = self._path.with_name(".ledger.json.part")
            with draft.open("w", encoding="utf-8") as file:
                json.dump(folder_mapping([*committed, entry]), file, indent=2)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
            return True

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Ends with the process, so that a killed run locks nobody out."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_name(".ledger.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def commit_last(
    ledger: Ledger,
    propose: Callable[[list[LedgerEntry]], tuple[LedgerEntry | None, Result]],
    *,
    entries: list[LedgerEntry],
    draft: LedgerEntry | None = None,
    planned: int | None = None,
    whatever_came: bool = False,
) -> Result | None:
    """Commit what `propose` makes of `entries`, and give what it says beside; where anything was committed since, it is
    asked again (but for `whatever_came`: what it makes depends on no other entry). Where it makes no entry, nothing is
    committed.

    `draft` is what it will say at most. None once that has lost (lane_state.contradiction): whoever won has swept what
    belongs to it, which is why an error of `propose` counts only where nothing was committed meanwhile.
    """
    for _ in range(COMMIT_ATTEMPTS):
        try:
            entry, result = propose(entries)
        except Exception:
            now = ledger.entries()
            if now == entries:
                raise
        else:
            try:
                if entry is None or ledger.commit(entry, after=None if whatever_came else entries, planned=planned):
                    return result
                if draft:
                    return None
            except SlotTaken:
                pass
            now = ledger.entries()
        entries = now
        if draft and contradiction(draft, entries, planned=planned):
            return None
    raise _contested((draft or entries[0]).dataset)


def _contested(dataset: str) -> CommitContested:
    return CommitContested(f"{COMMIT_ATTEMPTS} times another run of {dataset} was faster, run again")


def folder_mapping(entries: Sequence[LedgerEntry]) -> dict[str, Any]:
    """ledger.json: what counts, in the shape of one entry, and below `entries` each as it was committed."""
    total = whole(entries) or LedgerEntry(batch_id="", dataset=entries[0].dataset, files=())
    return total.to_mapping() | {"entries": [entry.to_mapping() for entry in entries]}


def _fits(entry: LedgerEntry, committed: Sequence[LedgerEntry]) -> None:
    if entry.kind in (BATCH, REPLAY):
        check_entry(entry, counting(committed))
