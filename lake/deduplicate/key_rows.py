"""What a conversion notes of each curated row, so that duplicates can be found before the commit.

Flows in: blocks of typed rows, unit by unit. Flows out: one object per writer, of little-endian unsigned 64-bit
words: for each block the high hashes of its keys, the low ones and the row hashes; and `KeyRun`s that say whose rows
they are. The object is gone once the batch is committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import numpy as np
import pyarrow as pa

from lake.deduplicate.key_hashes import key_hashes
from lake.ledger.entry import KeyRun
from lake.stores.store import ObjectWriter, Store

WORDS = 3
ROW_BYTES = WORDS * 8


class KeyRows:
    """Writes `object_key`, once there is a row."""

    def __init__(self, *, store: Store, object_key: str, key: Sequence[str]) -> None:
        self._store, self._object, self._key = store, object_key, key
        self._writer: ObjectWriter | None = None
        self._committed = False
        self._runs: list[KeyRun] = []

    def add(self, table: pa.Table, row_hashes: np.ndarray, *, file: str, byte_start: int, ordinal: int) -> None:
        """The next curated rows of the unit of `file` that starts at `byte_start`, the first being its
        `ordinal`-th (from 0)."""
        if not table.num_rows:
            return
        if self._writer is None:
            self._writer = self._store.writer(self._object)
        for words in (*key_hashes(table, self._key), row_hashes):
            self._writer.file.write(words.astype("<u8", copy=False).data)
        self._runs.append(
            KeyRun(object=self._object, file=file, byte_start=byte_start, ordinal=ordinal, rows=table.num_rows)
        )

    def close(self) -> tuple[KeyRun, ...]:
        """Finish the object; again is harmless."""
        if self._writer is not None and not self._committed:
            self._writer.commit()
            self._committed = True
        return tuple(self._runs)

    def abandon(self) -> None:
        """Remove what was written."""
        if self._writer is not None and not self._committed:
            self._writer.abandon()
        elif self._committed:
            self._store.delete([self._object])
        self._writer, self._committed, self._runs = None, False, []


def read_runs(store: Store, runs: Iterable[KeyRun]) -> Iterator[tuple[KeyRun, np.ndarray]]:
    """Each run with its rows, shape (WORDS, rows); `runs` holds all runs of each object, in their order."""
    for key, group in groupby(runs, key=lambda run: run.object):
        with store.seekable(key) as file:
            for run in group:
                data = file.read(run.rows * ROW_BYTES)
                yield run, np.frombuffer(data, "<u8").reshape(WORDS, run.rows)  # fails where the object ends early
