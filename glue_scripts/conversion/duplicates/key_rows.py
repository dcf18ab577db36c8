"""What a conversion notes of each curated row, so that duplicates can be found before the commit.

Flows in: blocks of typed rows, unit by unit. Flows out: one object per writer: three little-endian unsigned 64-bit
words a row (high and low hash of the key, row hash), in the order of the rows, and `KeyRun`s that say whose rows
they are. It is gone once the batch is committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
import pyarrow as pa

from glue_scripts.conversion.duplicates.key_hashes import key_hashes
from glue_scripts.conversion.store import ObjectWriter, Store
from pipeline.ledger import KeyRun

WORDS = 3
ROW_BYTES = WORDS * 8
READ_ROWS = 256 * 1024


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
        words = np.empty((table.num_rows, WORDS), "<u8")
        words[:, 0], words[:, 1] = key_hashes(table, self._key)
        words[:, 2] = row_hashes
        self._writer.file.write(words.tobytes())
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


def read_runs(
    store: Store, runs: Iterable[KeyRun], *, read_rows: int = READ_ROWS
) -> Iterator[tuple[KeyRun, np.ndarray]]:
    """Pieces of runs with their rows, shape (rows, WORDS); `runs` holds all runs of each object, in their order."""
    for key, group in groupby(runs, key=lambda run: run.object):
        with store.seekable(key) as file:
            for run in group:
                for start in range(0, run.rows, read_rows):
                    rows = min(read_rows, run.rows - start)
                    data = file.read(rows * ROW_BYTES)
                    words = np.frombuffer(data, "<u8").reshape(rows, WORDS)  # fails where the object ends early
                    yield replace(run, ordinal=run.ordinal + start, rows=rows), words
