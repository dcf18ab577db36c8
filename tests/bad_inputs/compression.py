"""CSV bytes as the compressed files that producers deliver, written and read by the formats' own libraries."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa


def zst(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


COMPRESS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress, ".zst": zst}


def content_of(path: Path) -> bytes:
    """What a delivered file holds."""
    data = path.read_bytes()
    match path.suffix.lower():
        case ".gz":
            return gzip.decompress(data)
        case ".bz2":
            return bz2.decompress(data)
        case ".zst":
            return pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()
        case _:
            return data
