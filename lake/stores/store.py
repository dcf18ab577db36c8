"""The one seam to where bytes lie: a store of objects by key. Two exist: a folder and an S3 bucket.

Keys use / and are relative to the store. A version pins content: what is read later under the same
version is the same bytes, or an error. Stores are picklable: Spark tasks carry them.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from strict_csv.reader import ByteStream


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """One pinned object version; `control` is a landed file's control file, once they are paired."""

    key: str
    version: str
    size_bytes: int
    control: StoredObject | None = None

    @property
    def control_version(self) -> str:
        """What a ledger says of it: "" where there is none."""
        return self.control.version if self.control else ""


class ObjectWriter(Protocol):
    """An object in the making: write to `file`, then `commit` (returns its bytes) or `abandon`."""

    file: BinaryIO

    def commit(self) -> int: ...

    def abandon(self) -> None: ...


class ReadStore(Protocol):
    """What is asked of a store by who writes nothing."""

    def keys(self, prefix: str, *, after: str = "") -> list[str]:
        """The keys below `prefix` in their order, those behind the key `after` alone; unfinished writes included where
        the store can hold any."""
        ...

    def read(self, key: str) -> bytes:
        """A small object as a whole; InputChanged where there is none."""
        ...


class Store(ReadStore, Protocol):
    """What conversion asks of a store."""

    def objects(self, prefix: str) -> list[StoredObject]:
        """The current version of every object below `prefix`, by key."""
        ...

    def open(self, item: StoredObject, start: int = 0, end: int | None = None) -> AbstractContextManager[ByteStream]:
        """Bytes [start, end) of exactly the pinned version, as a stream; InputChanged where that is gone."""
        ...

    def seekable(self, key: str) -> AbstractContextManager[BinaryIO]:
        """An object that never changes, to read at any place; closed behind the block. InputChanged where it is
        gone."""
        ...

    def writer(self, key: str) -> ObjectWriter:
        """A new object, invisible until committed."""
        ...

    def put_new(self, key: str, data: bytes) -> bool:
        """Write `key` if and only if it does not exist; False where it does."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Write `key`, over what is there: a reader finds the one or the other as a whole."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; a missing one is no error."""
        ...
