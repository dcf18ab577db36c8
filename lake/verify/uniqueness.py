"""Which numbers are there more than once, in bounded memory however many there are.

Flows in: 64-bit numbers, one per row, made of its key. Flows out: those that repeat. They wait in files by their
first bits, and each file is sorted by itself. Two keys may share a number: whoever asks must then look at the keys.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from types import TracebackType

import numpy as np

from lake.verify.checksums import Hashes

_FILE_NUMBERS = 4 * 1024 * 1024  # 32 MB a file, as much again while it is sorted
_MOST_BITS = 9  # 512 files open at once


class RepeatedNumbers:
    """A context: `add` what there is, then ask once with `found`. `expected` numbers decide about the files."""

    def __init__(self, *, expected: int, file_numbers: int = _FILE_NUMBERS) -> None:
        self._bits = min(_MOST_BITS, max(0, (expected - 1) // file_numbers).bit_length())
        self._open = ExitStack()
        made = (tempfile.TemporaryFile(prefix="verify-") for _ in range(1 << self._bits))  # noqa: SIM115
        self._files = [self._open.enter_context(file) for file in made]

    def __enter__(self) -> RepeatedNumbers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def add(self, numbers: Hashes) -> None:
        """Note one number per row."""
        if not self._bits:
            self._files[0].write(numbers.tobytes())
            return
        places = (numbers >> np.uint64(64 - self._bits)).astype(np.uint16)
        ordered = numbers[np.argsort(places, kind="stable")]
        ends = np.cumsum(np.bincount(places, minlength=len(self._files))).tolist()
        for file, start, end in zip(self._files, [0, *ends[:-1]], ends, strict=True):
            if end > start:
                file.write(ordered[start:end].tobytes())

    def found(self, *, limit: int) -> Hashes:
        """Numbers that are there more than once, at most `limit` of them."""
        repeated = np.zeros(0, dtype=np.uint64)
        for file in self._files:
            file.seek(0)
            numbers = np.fromfile(file, dtype=np.uint64)
            numbers.sort()
            repeated = np.concatenate([repeated, np.unique(numbers[1:][numbers[1:] == numbers[:-1]])])
            if len(repeated) >= limit:
                break
        return repeated[:limit]
