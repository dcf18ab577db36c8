"""What a lane's ledger of a dataset says up to one slot, in two objects: so that no reader has to ask for each slot.

Flows in: slots that were read or written. Flows out: the same slots, unchanged, or none at all. `latest` holds the
slots behind a base and is written over at each commit; a base holds every slot up to its own, and is written once
`latest` would hold more than SLOTS. Nothing depends on them: what counts are the slots. A checkpoint that is missing,
damaged, of another ledger or ahead of the slots is not believed, and the slots are read (docs/decisions/0037).

An object is gzip of JSON lines: {"sha256" of all that follows}, {"lane", "dataset", "base"}, then a line per slot,
{"slot", "entry"}, oldest first, without a gap. `base` is {"slot", "sha256"} of the object that says what was before.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lake.ledger.entry import LedgerEntry
from lake.stores.store import ReadStore, Store
from pipeline import layout
from pipeline.errors import InputChanged

SLOTS = 100
LATEST = "latest"
_ENTRY = b', "entry": '


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A slot as it was read: its number, its JSON on one line, and what that says."""

    number: int
    body: bytes
    entry: LedgerEntry

    @classmethod
    def of(cls, number: int, body: bytes) -> Slot:
        """KeyError, TypeError or ValueError where `body` is no entry."""
        return cls(number=number, body=b" ".join(body.splitlines()), entry=LedgerEntry.from_mapping(json.loads(body)))

    @property
    def line(self) -> bytes:
        return b'{"slot": %d%s%s}' % (self.number, _ENTRY, self.body)

    @classmethod
    def of_line(cls, line: bytes) -> Slot:
        number, _, body = line.partition(_ENTRY)
        return cls.of(int(number.removeprefix(b'{"slot": ')), body.removesuffix(b"}"))


class Checkpoints:
    """Those of one lane and dataset. Only what was read or written here is built on."""

    def __init__(self, *, store: ReadStore, lane: str, dataset: str) -> None:
        self._store, self._lane, self._dataset = store, lane, dataset
        self._base: dict[str, Any] | None = None  # as `latest` names it
        self._covered = 0  # how many slots that base holds

    def read(self) -> list[Slot]:
        """The slots up to the newest checkpoint, at three GETs; none where it can't be believed."""
        try:
            latest = self._store.read(self._key(LATEST))
        except InputChanged:  # there is none yet
            return []
        try:
            head, _, behind = self._parsed(latest)
            base, before = head["base"], []
            if base:
                _, digest, before = self._parsed(self._store.read(self._key(f"{base['slot']:08d}")))
                if digest != base["sha256"] or before[-1].number != base["slot"]:
                    raise ValueError("the base is another one")
            slots = [*before, *behind]
            self._check(slots)
        except (
            InputChanged,
            EOFError,
            OSError,
            zlib.error,
            ValueError,
            KeyError,
            TypeError,
            IndexError,
            AttributeError,
        ) as error:
            print(f"{self._dataset}: this checkpoint is not believed, slots are read: {error}", file=sys.stderr)
            return []
        self._base, self._covered = base, len(before)
        return slots

    def write(self, slots: Sequence[Slot], *, to: Store) -> None:
        """After `slots`, which are all that there are: whoever is late writes what is older, and that is harmless."""
        try:
            if len(slots) - self._covered > SLOTS:
                data, digest = self._object(slots, base=None)
                number = slots[-1].number
                to.put(self._key(f"{number:08d}"), data)
                self._base, self._covered = {"slot": number, "sha256": digest}, len(slots)
            to.put(self._key(LATEST), self._object(slots[self._covered :], base=self._base)[0])
        except Exception as error:  # what was committed is committed, whatever hinders this
            print(f"{self._dataset}: no checkpoint was written, readers read slots: {error}", file=sys.stderr)

    def _check(self, slots: Sequence[Slot]) -> None:
        """Without a gap, and the last one is what its slot says: the ledger may have been removed and begun again."""
        last = slots[-1]
        if [slot.number for slot in slots] != list(range(min(1, slots[0].number), last.number + 1)):
            raise ValueError("a slot is missing")
        if Slot.of(last.number, self._store.read(self._slot_key(last.number))).body != last.body:
            raise ValueError(f"slot {last.number} says something else")

    def _object(self, slots: Sequence[Slot], *, base: dict[str, Any] | None) -> tuple[bytes, str]:
        head = json.dumps({"lane": self._lane, "dataset": self._dataset, "base": base}).encode()
        text = b"\n".join([head, *(slot.line for slot in slots)])
        digest = hashlib.sha256(text).hexdigest()
        return gzip.compress(b'{"sha256": "%s"}\n%s' % (digest.encode(), text), compresslevel=6, mtime=0), digest

    def _parsed(self, data: bytes) -> tuple[dict[str, Any], str, list[Slot]]:
        head, _, text = gzip.decompress(data).partition(b"\n")
        digest = json.loads(head)["sha256"]
        if hashlib.sha256(text).hexdigest() != digest:
            raise ValueError("its digest is another one")
        head, *lines = text.split(b"\n")
        found = json.loads(head)
        if (found["lane"], found["dataset"]) != (self._lane, self._dataset):
            raise ValueError(f"it is of lane {found['lane']} and dataset {found['dataset']}")
        return found, digest, [Slot.of_line(line) for line in lines]

    def _key(self, name: str) -> str:
        return layout.checkpoint_key(self._lane, self._dataset, name)

    def _slot_key(self, number: int) -> str:
        return layout.ledger_key(self._lane, self._dataset, f"{number:08d}")
