"""Rows of unsigned 64-bit words, spread over temporary files by their first word, so that each file fits in memory.

Equal first words meet in one bucket. Small buckets stay in memory, larger ones go to TMPDIR; all are gone at the end.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType

import numpy as np

MEMORY_BYTES = 64 * 1024 * 1024
MAX_BUCKETS = 128  # open files
READ_ROWS = 1024 * 1024


def bucket_bits(rows: int, *, bucket_rows: int) -> int:
    """The exponent of the number of buckets in which `rows` rows come to about `bucket_rows` each."""
    return min((MAX_BUCKETS - 1).bit_length(), max(0, -(-rows // bucket_rows) - 1).bit_length())


class Buckets:
    """2**bits buckets of rows `width` words wide; a context manager."""

    def __init__(self, *, bits: int, width: int) -> None:
        self.bits, self._width = bits, width
        self._files = [
            tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES >> bits, prefix="keys-")  # noqa: SIM115
            for _ in range(1 << bits)
        ]

    def __enter__(self) -> Buckets:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as files:
            for file in self._files:
                files.enter_context(file)

    def __len__(self) -> int:
        return len(self._files)

    def add(self, rows: np.ndarray) -> None:
        """`rows` of shape (n, width)."""
        if not self.bits:
            self._files[0].write(rows.tobytes())
            return
        places = (rows[:, 0] >> np.uint64(64 - self.bits)).astype(np.uint8)  # of which a stable sort is fast
        rows = rows[np.argsort(places, kind="stable")]
        start = 0
        for file, count in zip(self._files, np.bincount(places, minlength=len(self)).tolist(), strict=True):
            if count:
                file.write(rows[start : start + count].tobytes())
            start += count

    def read(self, bucket: int) -> np.ndarray:
        """All rows of a bucket, in the order in which they were added."""
        return np.concatenate([np.empty((0, self._width), np.uint64), *self.slices(bucket)])

    def slices(self, bucket: int) -> Iterator[np.ndarray]:
        """The same, at most READ_ROWS at a time."""
        file = self._files[bucket]
        file.seek(0)
        while data := file.read(READ_ROWS * self._width * 8):
            yield np.frombuffer(data, np.uint64).reshape(-1, self._width)
        file.seek(0, 2)
