"""The folder of one world: a file per kept thing, each whole or not at all, and the format that all of them have.

Flows in: names and Python values of moto's. Flows out: the same values after the next start. Values are pickled, so a
folder of another format or of another moto is refused rather than guessed at.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import threading
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

FORMAT = 1
_IDENTITY = "world.json"


class WorldRefused(Exception):
    """The folder holds the state of another format; the message says which, and what to do."""


class WorldFiles:
    """`folder` is made where it is absent; raises WorldRefused where it is of another format."""

    def __init__(self, *, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        identity = {"format": FORMAT, "moto": version("moto")}
        file = folder / _IDENTITY
        if file.is_file():
            _check(file, identity)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            _write(file, json.dumps(identity).encode())

    def keep(self, kind: str, name: tuple[str, ...], value: Any) -> None:
        """Writes `value` under its name; what was there is replaced."""
        with self._lock:
            file = self._file(kind, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            _write(file, pickle.dumps((name, value)))

    def forget(self, kind: str, name: tuple[str, ...]) -> None:
        """Deletes what is kept under the name, if anything is."""
        with self._lock:
            self._file(kind, name).unlink(missing_ok=True)

    def kept(self, kind: str) -> Iterator[tuple[tuple[str, ...], Any]]:
        """(name, value) of everything of the kind."""
        for file in sorted((self._folder / kind).glob("*.pickle")):
            yield pickle.loads(file.read_bytes())  # noqa: S301 - written by this class, in the user's own folder

    def _file(self, kind: str, name: tuple[str, ...]) -> Path:
        # Keys may be longer than a file's name and hold anything.
        digest = hashlib.sha256("\0".join(name).encode("utf-8", "surrogateescape")).hexdigest()
        return self._folder / kind / f"{digest}.pickle"


def _check(file: Path, identity: dict[str, Any]) -> None:
    try:
        found = json.loads(file.read_text())
    except ValueError:
        found = "something else"
    if found != identity:
        raise WorldRefused(f"{file.parent} holds state of {found}, this is {identity}; start afresh, or keep it aside")


def _write(file: Path, data: bytes) -> None:
    partial = file.with_suffix(f".{threading.get_ident()}.partial")
    partial.write_bytes(data)
    os.replace(partial, file)
