"""Something that is read by ranges of bytes, as a file that can be read at any place."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO, cast

BUFFER_BYTES = 1024 * 1024


class RangedFile(io.RawIOBase):
    """`read` gives bytes [start, end) and is asked for none that do not exist."""

    def __init__(self, *, size_bytes: int, read: Callable[[int, int], bytes]) -> None:
        self._size, self._read, self._place = size_bytes, read, 0

    @classmethod
    def buffered(cls, *, size_bytes: int, read: Callable[[int, int], bytes]) -> BinaryIO:
        """The same, asked for at least BUFFER_BYTES at a time."""
        return cast(BinaryIO, io.BufferedReader(cls(size_bytes=size_bytes, read=read), BUFFER_BYTES))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        end = min(self._size, self._place + len(buffer))
        if end <= self._place:
            return 0
        data = self._read(self._place, end)
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)
