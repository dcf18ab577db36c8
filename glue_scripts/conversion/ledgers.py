"""Where committed batches stand, and the one commit point.

A lane's ledger of a dataset is a chain of numbered slots, each written once (`If-None-Match: *`). Naming
the slot by number and not by batch makes two runs whose inputs overlap without being equal compete for
one key: each object version ends in exactly one batch (I3). A folder's ledger is one ledger.json under a
lock. Neither looks at Parquet.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from glue_scripts.conversion.store import Store
from pipeline import layout
from pipeline.errors import CommitContested
from pipeline.evolution import check_entry
from pipeline.ledger import LedgerEntry, merge

COMMIT_ATTEMPTS = 20


class SlotTaken(Exception):
    """Another batch was committed since the caller looked: what it concluded from that may not hold any more."""


class Ledger(Protocol):
    """What is committed, and how to commit more."""

    def entries(self) -> list[LedgerEntry]:
        """Every committed batch, oldest first."""
        ...

    def commit(self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None) -> bool:
        """True once `entry` is committed; False where another batch already covers one of its files.

        ContractChanged where a run with another contract was faster. SlotTaken where `after` is given and is
        no longer all that is committed."""
        ...


class LaneLedger:
    """The chain of one lane and dataset in a store."""

    def __init__(self, *, store: Store, lane: str, dataset: str) -> None:
        self._store, self._lane, self._dataset = store, lane, dataset

    def entries(self) -> list[LedgerEntry]:
        return [self._entry(key) for key in self._keys()]

    def commit(self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None) -> bool:
        body = json.dumps(entry.to_mapping(), sort_keys=True).encode()
        for _ in range(COMMIT_ATTEMPTS):
            keys = self._keys()
            committed = [self._entry(key) for key in keys]
            if entry in committed:  # the reply to our own PUT was lost
                return True
            if _overlap(entry, committed):
                return False
            check_entry(entry, committed)
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
    """ledger.json of an output folder: one entry that grows."""

    def __init__(self, *, folder: Path) -> None:
        self._path = folder / "ledger.json"

    def entries(self) -> list[LedgerEntry]:
        if not self._path.exists():
            return []
        return [LedgerEntry.from_mapping(json.loads(self._path.read_text(encoding="utf-8")))]

    def commit(self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None) -> bool:
        with self._lock():
            committed = self.entries()
            if _overlap(entry, committed):
                return False
            check_entry(entry, committed)
            if after is not None and committed != list(after):
                raise SlotTaken
            whole = merge(earlier=committed[0], later=entry) if committed else entry
            draft = self._path.with_name(".ledger.json.part")
            with draft.open("w", encoding="utf-8") as file:
                json.dump(whole.to_mapping(), file, indent=2)
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


def _overlap(entry: LedgerEntry, committed: list[LedgerEntry]) -> bool:
    mine = {file.identity for file in entry.files}
    return any(file.identity in mine for other in committed for file in other.files)
