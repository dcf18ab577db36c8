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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from lake.ledger.entry import BATCH, REPLAY, LedgerEntry, counting, whole
from lake.ledger.evolution import check_entry
from lake.ledger.lane_state import contradiction
from lake.stores.store import Store
from pipeline import layout
from pipeline.errors import CommitContested

COMMIT_ATTEMPTS = 20


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


class LaneLedger:
    """The chain of one lane and dataset in a store."""

    def __init__(self, *, store: Store, lane: str, dataset: str) -> None:
        self._store, self._lane, self._dataset = store, lane, dataset

    def entries(self) -> list[LedgerEntry]:
        return [self._entry(key) for key in self._keys()]

    def commit(
        self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None, planned: int | None = None
    ) -> bool:
        body = json.dumps(entry.to_mapping(), sort_keys=True).encode()
        for _ in range(COMMIT_ATTEMPTS):
            keys = self._keys()
            committed = [self._entry(key) for key in keys]
            if entry in committed:  # the reply to our own PUT was lost
                return True
            if contradiction(entry, committed, planned=planned):
                return False
            _fits(entry, committed)
            if after is not None and committed != list(after):
                raise SlotTaken
            if self._store.put_new(self._slot(keys), body):
                return True
        raise contested(self._dataset)

    def _slot(self, keys: list[str]) -> str:
        last = max((int(Path(key).stem) for key in keys), default=0)
        return layout.ledger_key(self._lane, self._dataset, f"{last + 1:08d}")

    def _keys(self) -> list[str]:
        """A folder may also hold the draft of a slot whose writer was killed: it says nothing."""
        keys = self._store.keys(layout.ledger_prefix(self._lane, self._dataset))
        return sorted(key for key in keys if Path(key).stem.isdecimal())

    def _entry(self, key: str) -> LedgerEntry:
        return LedgerEntry.from_mapping(json.loads(self._store.read(key)))


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


def contested(dataset: str) -> CommitContested:
    """What is raised once COMMIT_ATTEMPTS are over."""
    return CommitContested(f"{COMMIT_ATTEMPTS} times another run of {dataset} was faster, run again")


def folder_mapping(entries: Sequence[LedgerEntry]) -> dict[str, Any]:
    """ledger.json: what counts, in the shape of one entry, and below `entries` each as it was committed."""
    total = whole(entries) or LedgerEntry(batch_id="", dataset=entries[0].dataset, files=())
    return total.to_mapping() | {"entries": [entry.to_mapping() for entry in entries]}


def _fits(entry: LedgerEntry, committed: Sequence[LedgerEntry]) -> None:
    if entry.kind in (BATCH, REPLAY):
        check_entry(entry, counting(committed))
