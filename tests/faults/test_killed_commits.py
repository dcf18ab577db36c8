"""A writer of a ledger is killed with -9 at each call, between slot and checkpoint too: readers find the slots."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from lake.ledger import checkpoints
from lake.ledger.entry import FileEntry, LedgerEntry
from lake.ledger.ledgers import LaneLedger
from lake.stores.local_store import LocalStore
from pipeline import layout
from tests.faults.mortal import Fate, MortalStore, killed

FILES = 4


def ledger(root: Path, fate: Fate) -> LaneLedger:
    return LaneLedger(store=MortalStore(root=root, fate=fate), lane="glue", dataset="trips")


def commit_all(root: Path, fate: Fate) -> None:
    """Each file that is not there yet, once, as a conversion does."""
    lane = ledger(root, fate)
    there = {file.key for entry in lane.entries() for file in entry.files}
    for number in range(FILES):
        file = FileEntry(key=f"{number}.csv", version="v", bytes=1, status="refused", reason="Empty: x")
        if file.key not in there:
            assert lane.commit(LedgerEntry(batch_id=f"{number:032x}", dataset="trips", files=(file,)))


def truth(root: Path) -> list[LedgerEntry]:
    """What the slots say, read with nothing but JSON; drafts of slots say nothing."""
    slots = sorted((root / layout.ledger_prefix("glue", "trips")).glob("[0-9]*.json"))
    return [LedgerEntry.from_mapping(json.loads(slot.read_text())) for slot in slots]


def killed_at_each_call(folder: Path, prepared: int) -> Iterator[Path]:
    for call in count(1):
        root = folder / str(call)
        begun = LaneLedger(store=LocalStore(root=root), lane="glue", dataset="trips")
        for number in range(prepared):
            assert begun.commit(LedgerEntry(batch_id=f"{99 + number:032x}", dataset="trips", files=()))
        if not killed(lambda root=root, call=call: commit_all(root, Fate(last=call))):
            return
        yield root


@pytest.mark.parametrize("prepared", [0, checkpoints.SLOTS - 1], ids=["first slots", "where a base is due"])
def test_readers_and_the_next_writer_find_what_was_committed(tmp_path: Path, prepared: int) -> None:
    kills = between = 0
    for root in killed_at_each_call(tmp_path, prepared):
        found = ledger(root, Fate()).entries()
        assert found == truth(root)
        commit_all(root, Fate())
        end = ledger(root, Fate()).entries()
        assert end == truth(root)
        assert end[: len(found)] == found
        assert len({entry.batch_id for entry in end}) == len(end) == prepared + FILES
        kills += 1
        between += len(found) > prepared
    assert kills >= 3 * FILES
    assert between
