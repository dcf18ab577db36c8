"""A store and a ledger that kill their own process (-9) at the n-th thing they are asked for.

What a process does between two such calls leaves no trace outside of it: to die at each of them is to die anywhere.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from lake.ledger.entry import LedgerEntry
from lake.ledger.ledgers import FolderLedger
from lake.stores.local_store import LocalStore
from lake.stores.store import ObjectWriter

LONGEST_SECONDS = 60


@dataclass(kw_only=True)
class Fate:
    """Counts the calls; the `last` one kills, if there is one."""

    last: int | None = None
    calls: int = 0

    def call(self) -> None:
        self.calls += 1
        if self.calls == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True, kw_only=True)
class MortalStore(LocalStore):
    """A folder; every file that is begun, finished, read or removed is a call."""

    fate: Fate = field(default_factory=Fate)

    def keys(self, prefix: str, *, after: str = "") -> list[str]:
        self.fate.call()
        return super().keys(prefix, after=after)

    @contextmanager
    def seekable(self, key: str) -> Iterator[BinaryIO]:
        self.fate.call()
        with super().seekable(key) as file:
            yield file

    def writer(self, key: str) -> ObjectWriter:
        self.fate.call()
        return _MortalWriter(super().writer(key), self.fate)

    def put_new(self, key: str, data: bytes) -> bool:
        self.fate.call()
        won = super().put_new(key, data)
        self.fate.call()
        return won

    def put(self, key: str, data: bytes) -> None:
        self.fate.call()
        super().put(key, data)
        self.fate.call()

    def delete(self, keys: Iterable[str]) -> None:
        for key in list(keys):
            self.fate.call()
            super().delete([key])


class _MortalWriter:
    def __init__(self, writer: ObjectWriter, fate: Fate) -> None:
        self._writer, self._fate, self.file = writer, fate, writer.file

    def commit(self) -> int:
        self._fate.call()
        size = self._writer.commit()
        self._fate.call()
        return size

    def abandon(self) -> None:
        self._fate.call()
        self._writer.abandon()


class MortalLedger(FolderLedger):
    """The ledger of a folder; a call before and behind each commit. `hastily` is done before it."""

    def __init__(self, *, folder: Path, fate: Fate, hastily: Callable[[], None] = lambda: None) -> None:
        super().__init__(folder=folder)
        self._fate, self._hastily = fate, hastily

    def commit(
        self, entry: LedgerEntry, *, after: Sequence[LedgerEntry] | None = None, planned: int | None = None
    ) -> bool:
        self._hastily()
        self._fate.call()
        won = super().commit(entry, after=after, planned=planned)
        self._fate.call()
        return won


def killed(work: Callable[[], object]) -> bool:
    """Do `work` in a child process: whether it was killed with -9. AssertionError where it failed otherwise."""
    child = os.fork()
    if not child:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(LONGEST_SECONDS)
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL), f"the child ended with {status}"
    return status == -signal.SIGKILL
