"""What a landed object holds: its bytes as they are, or those of a gz, bz2 or zst stream, as its name says.

Flows in: the stored bytes of one object and its key. Flows out: the stream of CSV bytes, or a `FileRefused`
before the last byte was given: a stream that ends early, is damaged, has something behind it, is of another
kind than its name says, or grows beyond the limit. So whoever reads to the end has read a whole file; what
was read before that must not count. Memory is a few megabytes (a zst window: up to 128 MB), whatever a
stream grows to. Several members (gz), streams (bz2) or frames (zst) are one content, as for their own tools.

A zst frame may be written without a checksum (its own tool writes one): damage in such a frame may decompress
to other bytes. Only a producer's control file sees that.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable
from typing import Any, Protocol

import pyarrow as pa

from strict_csv.reader import ByteStream
from strict_csv.refusals import DamagedStream, NotCsv, TooLarge, Truncated

_CHUNK_BYTES = 256 * 1024
_PLAIN = ".csv"
_MAGIC = {".csv.gz": b"\x1f\x8b\x08", ".csv.bz2": b"BZh", ".csv.zst": b"\x28\xb5\x2f\xfd"}
_SKIPPABLE = tuple(bytes([low]) + b"\x2a\x4d\x18" for low in range(0x50, 0x60))  # RFC 8878, 3.1.2: pzstd starts so
NAMES = (_PLAIN, *_MAGIC)


def check_name(key: str) -> None:
    """NotCsv where the key is no name of a delivered file: other endings, hidden or temporary things."""
    if any(part.startswith(("_", ".")) for part in key.split("/")):
        raise NotCsv("a name or folder that starts with _ or a dot is somebody's draft: rename it or take it away")
    if not key.lower().endswith(NAMES):
        raise NotCsv(f"the name does not end in {', '.join(NAMES)}: rename the file or take it away")
    try:
        key.encode()
    except UnicodeEncodeError as error:
        raise NotCsv("the name is not UTF-8, and no evidence could spell it: rename the file") from error


def splittable(key: str) -> bool:
    """Whether ranges of the object can be read on their own: not where it is compressed."""
    return _kind(key) == _PLAIN


def _kind(key: str) -> str:
    return next((name for name in _MAGIC if key.lower().endswith(name)), _PLAIN)


class Content:
    """The content of the object `key`, whose stored bytes are `stream`.

    size_bytes: how much of the content was given so far, at its end its size. A compressed one that goes
    beyond `limit_bytes` is TooLarge at once: no one waits for a bomb's end.
    """

    def __init__(self, stream: ByteStream, *, key: str, limit_bytes: int) -> None:
        self._stored = _Stored(stream)
        self._content = _decoded(self._stored, _kind(key))
        self._limit_bytes = None if splittable(key) else limit_bytes
        self.size_bytes = 0

    @property
    def stored_bytes(self) -> int:
        """How much of the object was read so far: what progress is counted in."""
        return self._stored.size_bytes

    def read(self, size: int, /) -> bytes:
        if self._limit_bytes is not None:
            size = min(size, self._limit_bytes - self.size_bytes + 1)
        data = self._content.read(size)
        self.size_bytes += len(data)
        if self._limit_bytes is not None and self.size_bytes > self._limit_bytes:
            raise TooLarge(
                f"decompressed, it is longer than max_content_bytes = {self._limit_bytes}, raise it or split the file"
            )
        return data


class _Stored:
    """The object's own bytes, counted; bytes that turn out to be the next reader's can be put back."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream, self._ahead = stream, b""
        self.size_bytes = 0

    def read(self, size: int, /) -> bytes:
        if self._ahead:
            data, self._ahead = self._ahead[:size], self._ahead[size:]
            return data
        data = self._stream.read(size)
        self.size_bytes += len(data)
        return data

    def put_back(self, data: bytes) -> None:
        self._ahead = data + self._ahead

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, or fewer at the end; they are still to be read."""
        start = b""
        while len(start) < size and (part := self.read(size - len(start))):
            start += part
        self.put_back(start)
        return start


def _decoded(stored: _Stored, kind: str) -> ByteStream:
    """Decides by the first bytes; an object without any is an empty file, which the reader refuses."""
    if kind == _PLAIN:
        return stored
    start, magic = stored.peek(4), _MAGIC[kind]
    if not start:
        return stored
    if not magic.startswith(start[: len(magic)]) and not (kind == ".csv.zst" and start in _SKIPPABLE):
        raise NotCsv(f"the name ends in {kind} and the content is no such stream, compress it or name it .csv")
    return _Frames(stored) if kind == ".csv.zst" else _Members(stored, kind=kind)


class _Decoder(Protocol):
    """bz2's interface, which zlib is given here."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """One gzip member, its checksum and length included."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    @property
    def needs_input(self) -> bool:
        return not (self._full or self._inflate.unconsumed_tail or self.eof)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        given = self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)
        self._full = len(given) == max_length
        return given


_DECODERS: dict[str, Callable[[], _Decoder]] = {".csv.gz": _Gzip, ".csv.bz2": bz2.BZ2Decompressor}


class _Members:
    """gz and bz2: members one after the other, and nothing but members."""

    def __init__(self, stored: _Stored, *, kind: str) -> None:
        self._stored, self._kind = stored, kind
        self._decoder = _DECODERS[kind]()

    def read(self, size: int, /) -> bytes:
        given = b""
        while not given and (not self._decoder.eof or self._next_member()):
            data = b""
            if self._decoder.needs_input and not (data := self._stored.read(_CHUNK_BYTES)):
                raise Truncated(f"the {self._kind} stream ends in the middle, deliver it again")
            try:
                given = self._decoder.decompress(data, size)
            except (zlib.error, OSError) as error:  # bz2 says OSError; no store is read in here
                raise DamagedStream(f"the {self._kind} stream is damaged, deliver it again") from error
        return given

    def _next_member(self) -> bool:
        magic = _MAGIC[self._kind]
        self._stored.put_back(self._decoder.unused_data)
        start = self._stored.peek(len(magic))
        if not start:
            return False
        if not magic.startswith(start):
            raise DamagedStream(f"something lies behind the end of the {self._kind} stream, deliver it again")
        self._decoder = _DECODERS[self._kind]()
        return True


class _Frames:
    """zst, decoded by Arrow, which knows frames, skippable frames and early ends."""

    def __init__(self, stored: _Stored) -> None:
        self._source = _Source(stored)
        self._decoded: Any = pa.CompressedInputStream(pa.PythonFile(self._source, mode="r"), "zstd")

    def read(self, size: int, /) -> bytes:
        try:
            return self._decoded.read(size)
        except OSError as error:
            if self._source.failure is not None:  # a store's failure says nothing about the file
                raise self._source.failure from None
            if "Truncated" in str(error):
                raise Truncated("the .csv.zst stream ends in the middle, deliver it again") from error
            if "memory" in str(error):
                raise TooLarge(
                    "the .csv.zst stream wants a window beyond 128 MB, compress it without --long"
                ) from error
            raise DamagedStream(
                "the .csv.zst stream is damaged, or something lies behind its end, deliver it again"
            ) from error


class _Source:
    """What Arrow asks of a Python file; keeps what went wrong in the store."""

    closed = False

    def __init__(self, stored: _Stored) -> None:
        self._stored = stored
        self.failure: BaseException | None = None

    def read(self, size: int, /) -> bytes:
        try:
            return self._stored.read(size)
        except BaseException as error:
            self.failure = error
            raise

    def close(self) -> None:
        """Whoever opened the store's stream closes it."""
