"""The rows that are quarantined for their key, as an object that every worker reads its own part of.

Flows in: per unit, the ordinals of its rows that lose, and why. Flows out: `Excluded` of one unit. The object is
one little-endian unsigned 64-bit word a row: its ordinal, shifted left by one, plus 1 where all its values are
those of the row that is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from lake.stores.store import Store
from strict_csv.excluding import Excluded

DUPLICATE_KEY = "duplicate_key"
DUPLICATE_ROW = "duplicate_row"
REASONS = (DUPLICATE_KEY, DUPLICATE_ROW)
Place = tuple[str, int]
"""A file's key, and the byte at which a unit of it starts (0: the whole file)."""


@dataclass(frozen=True, kw_only=True)
class Duplicates:
    """`places` says where in `object` each unit's words are: (the first, how many). Picklable."""

    object: str
    places: Mapping[Place, tuple[int, int]]

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each file loses; files that lose none are not in it."""
        counted: dict[str, int] = {}
        for (file, _), (_, rows) in self.places.items():
            counted[file] = counted.get(file, 0) + rows
        return counted

    def of(self, store: Store, place: Place) -> Excluded | None:
        """What a unit loses, if anything."""
        if place not in self.places:
            return None
        first, rows = self.places[place]
        with store.seekable(self.object) as file:
            file.seek(first * 8)
            words = np.frombuffer(file.read(rows * 8), "<u8")
        ordinals, reasons = words >> np.uint64(1), words & np.uint64(1)
        return Excluded(ordinals=ordinals.astype(np.int64), reasons=reasons.astype(np.int8), names=REASONS)


def write_duplicates(store: Store, key: str, units: Iterable[tuple[Place, np.ndarray]]) -> Duplicates:
    """`units`: per unit one byte a row, 0 where it is kept, else 1 more than the reason's place in REASONS."""
    writer = store.writer(key)
    places: dict[Place, tuple[int, int]] = {}
    written = 0
    try:
        for place, verdicts in units:
            ordinals = np.flatnonzero(verdicts)
            if len(ordinals):
                same = (verdicts[ordinals] - 1).astype("<u8")
                writer.file.write((ordinals.astype("<u8") << np.uint64(1) | same).tobytes())
                places[place] = (written, len(ordinals))
                written += len(ordinals)
        writer.commit()
    except BaseException:
        writer.abandon()
        raise
    return Duplicates(object=key, places=places)
