"""The first bytes of an object as a classifier gets them: decompressed where AWS's would.

In: the first stored bytes. Out: text bytes, or None where no built-in classifier would find CSV in them (pictures,
archives, zst). Nothing is parsed here.
"""

from __future__ import annotations

import bz2
import zlib

SAMPLE_BYTES = 1_000_000
_NOT_TEXT = (b"PK\x03\x04", b"\x28\xb5\x2f\xfd")


def text_sample(stored: bytes) -> tuple[bytes, bool] | None:
    """At most SAMPLE_BYTES of content, and whether that is all of it; `stored` is as long as that, or whole."""
    whole = len(stored) < SAMPLE_BYTES
    try:
        if stored.startswith(b"\x1f\x8b"):
            inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
            data, whole = inflate.decompress(stored, SAMPLE_BYTES), inflate.eof
        elif stored.startswith(b"BZh"):
            decompressor = bz2.BZ2Decompressor()
            data, whole = decompressor.decompress(stored, SAMPLE_BYTES), decompressor.eof
        else:
            data = stored
    except (zlib.error, OSError):
        return None
    return None if data.startswith(_NOT_TEXT) or b"\0" in data else (data, whole)
