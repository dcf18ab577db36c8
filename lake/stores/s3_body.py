"""The body of one S3 GET that outlives its connection: where it breaks, the rest is asked for.

Flows in: a way to get bytes from an offset on. Flows out: the stream. The SDK retries requests, not bodies, and a
range of gigabytes is read for minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from botocore.exceptions import HTTPClientError, IncompleteReadError

from strict_csv.reader import ByteStream

ATTEMPTS = 5  # in a row that bring no byte; each is a request that the SDK itself retries with backoff


class Body(ByteStream, Protocol):
    """What the SDK gives."""

    def close(self) -> None: ...


class ResumedBody:
    """Bytes [start, end) of an object; `get` gives those from an offset to `end`."""

    def __init__(self, get: Callable[[int], Body], *, start: int, end: int) -> None:
        self._get, self._at, self._end = get, start, end
        self._body = get(start)

    def read(self, size: int, /) -> bytes:
        """As of a file; the SDK's error once ATTEMPTS in a row have brought nothing."""
        wanted, attempts = min(size, self._end - self._at), 0
        if not wanted:
            return b""
        while True:
            try:
                data = self._body.read(wanted)
                if not data:
                    raise IncompleteReadError(actual_bytes=self._at, expected_bytes=self._end)
            except (HTTPClientError, IncompleteReadError):
                attempts += 1
                if attempts == ATTEMPTS:
                    raise
                self._body.close()
                self._body = self._get(self._at)
            else:
                self._at += len(data)
                return data

    def close(self) -> None:
        self._body.close()
