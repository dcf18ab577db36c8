"""One at a time: a file lock that ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import ConfigInvalid


@contextmanager
def only_one(path: Path, *, doing: str) -> Iterator[None]:
    """Raises ConfigInvalid at once, naming the other process, if somebody else is `doing` it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise ConfigInvalid(
                f"{doing} is already going on in this checkout (process {holder}); "
                "wait for it to end, or interrupt it with Ctrl-C where it runs"
            ) from None
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield
