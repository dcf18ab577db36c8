"""How many records an input file holds, counted apart from the pipeline: what goes in must come out.

Flows in: a file as it will be landed, plain or compressed. Flows out: the records below its header, good and bad
ones, or None where its content can't be read to the end (then nothing of it may be converted). A record ends at a
line feed; where the contract allows newlines in quoted fields, at one behind an even number of quotes. Nothing
is parsed, and no code is shared with the reader.
"""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

_PIECE_BYTES = 1 << 20


def count_rows(path: Path, *, quoted_newlines: bool) -> int | None:
    """Records below the header; 0 for a file without any."""
    try:
        with _opened(path) as stream:
            return max(0, count_records(stream, quoted_newlines=quoted_newlines) - 1)
    except (OSError, EOFError, zlib.error):
        return None


def count_records(stream: IO[bytes], *, quoted_newlines: bool) -> int:
    """Records of the stream, a last one without its line feed included."""
    ends, quoted, last = 0, False, b"\n"
    while piece := stream.read(_PIECE_BYTES):
        for place, part in enumerate(piece.split(b'"') if quoted_newlines else [piece]):
            quoted ^= place > 0
            ends += 0 if quoted else part.count(b"\n")
        last = piece[-1:]
    return ends + (last != b"\n")


def _opened(path: Path) -> Any:
    openers: dict[str, Callable[[Path, str], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".zst": _open_zst}
    return openers.get(path.suffix.lower(), Path.open)(path, "rb")


def _open_zst(path: Path, _mode: str) -> Any:
    import pyarrow as pa  # costs a quarter of a second, which other input need not pay

    return pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")
