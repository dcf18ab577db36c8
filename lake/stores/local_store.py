"""A folder as a store: no AWS. A version is the file's time of change in nanoseconds and its size."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lake.stores.store import ObjectWriter, StoredObject
from pipeline.errors import InputChanged
from strict_csv.reader import ByteStream
from strict_csv.refusals import NotCsv


@dataclass(frozen=True, kw_only=True)
class LocalStore:
    """The files below `root`; symbolic links to files are followed. Links to folders, broken links, pipes and the
    like are objects too, but opening one is `NotCsv`: they are refused, not passed over."""

    root: Path

    def objects(self, prefix: str) -> list[StoredObject]:
        found = []
        for path in (*self._files(prefix), *self._folder_links(prefix)):
            status = path.stat() if path.exists() else path.lstat()
            version = f"{status.st_mtime_ns}-{status.st_size}"
            found.append(StoredObject(key=self._key(path), version=version, size_bytes=status.st_size))
        return sorted(found, key=lambda item: item.key)

    def keys(self, prefix: str, *, after: str = "") -> list[str]:
        return sorted(key for path in self._files(prefix) if (key := self._key(path)) > after)

    @contextmanager
    def open(self, item: StoredObject, start: int = 0, end: int | None = None) -> Iterator[ByteStream]:
        path = self.root / item.key
        if not os.path.lexists(path):
            raise InputChanged(f"{item.key} was taken away before it was read; nothing was committed, run again")
        if not path.is_file():  # a pipe would keep us waiting for ever
            raise NotCsv("this is a link to a folder, a broken link, a pipe or a device: put the file itself there")
        with path.open("rb", buffering=0) as file:
            self._same(item, os.fstat(file.fileno()))
            file.seek(start)
            yield file if end is None else _Limited(file, end - start)
            self._same(item, path.stat())

    def read(self, key: str) -> bytes:
        with self.seekable(key) as file:
            return file.read()

    @contextmanager
    def seekable(self, key: str) -> Iterator[BinaryIO]:
        try:
            file = (self.root / key).open("rb")
        except FileNotFoundError as error:
            raise InputChanged(f"{key} was taken away before it was read; run again") from error
        with file:
            yield file

    def writer(self, key: str) -> ObjectWriter:
        return _LocalWriter(self.root / key)

    def put_new(self, key: str, data: bytes) -> bool:
        path = self.root / key
        draft = _draft(path, data)
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        return True

    def put(self, key: str, data: bytes) -> None:
        _draft(self.root / key, data).replace(self.root / key)

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            (self.root / key).unlink(missing_ok=True)

    def _files(self, prefix: str) -> Iterator[Path]:
        for folder, _, names in os.walk(self.root / prefix):
            yield from (Path(folder) / name for name in names)

    def _folder_links(self, prefix: str) -> Iterator[Path]:
        for folder, names, _ in os.walk(self.root / prefix):
            yield from (path for name in names if (path := Path(folder) / name).is_symlink())

    def _key(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _same(self, item: StoredObject, status: os.stat_result) -> None:
        if item.version != f"{status.st_mtime_ns}-{status.st_size}":
            raise InputChanged(f"{item.key} changed while it was read; nothing was committed, run again")


def _draft(path: Path, data: bytes) -> Path:
    """Not named by the process's id: two threads would share it, and with it the file that one of them has linked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    draft.write_bytes(data)
    return draft


class _Limited:
    """The next `size_bytes` of a file, and then its end."""

    def __init__(self, file: ByteStream, size_bytes: int) -> None:
        self._file, self._left = file, size_bytes

    def read(self, size: int, /) -> bytes:
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data


class _LocalWriter:
    """Writes beside the final name, hidden, and renames: no reader sees half a file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._draft = path.with_name(f".{path.name}.part")
        self.file: BinaryIO = self._draft.open("xb")

    def commit(self) -> int:
        size = self.file.tell()
        self.file.close()
        self._draft.replace(self._path)
        return size

    def abandon(self) -> None:
        self.file.close()
        self._draft.unlink(missing_ok=True)
