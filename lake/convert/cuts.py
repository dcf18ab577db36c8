"""Where a file may be cut: the pre-pass that lets its ranges be read in parallel.

Flows in: a chunk of a file's bytes, cut anywhere. Flows out: how many line ends and quotes it holds, and
its first record boundary under either hypothesis about the quotes before it; once all chunks are known,
prefix sums say which hypothesis holds, and what line each range starts on. Whether a record is
well formed is the reader's business: a boundary is where `strict_csv/records.py` ends a record.

Nothing is done per byte or per line in Python; memory is one piece.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from strict_csv.reader import ByteStream

PIECE_BYTES = 256 * 1024  # stays in the processor's cache while it is looked at twice
_LF, _QUOTE = ord("\n"), ord('"')


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A record ends `byte` bytes into the chunk, `line_ends` LF into it (its own included)."""

    byte: int
    line_ends: int


@dataclass(frozen=True, kw_only=True)
class Scan:
    """A chunk's LF and quotes, and its first cut after an even and after an odd number of quotes before it."""

    line_ends: int
    quotes: int
    after_even: Cut | None
    after_odd: Cut | None


@dataclass(frozen=True, kw_only=True)
class Span:
    """Whole records: bytes [byte_start, byte_end) of a file, the first on the 1-based `line`."""

    byte_start: int
    byte_end: int
    line: int


def scan(stream: ByteStream, *, quoted_newlines: bool, piece_bytes: int = PIECE_BYTES) -> Scan:
    """What the chunk `stream` holds. Without `quoted_newlines` every LF ends a record and quotes count nothing."""
    cuts: dict[int, Cut] = {}
    line_ends = quotes = at = 0
    while piece := stream.read(piece_bytes):
        found = np.frombuffer(piece, np.uint8)
        lf = found == _LF
        quote = found == _QUOTE if quoted_newlines else None
        held = int(np.count_nonzero(quote)) if quote is not None else 0
        if len(cuts) < 1 + quoted_newlines and (
            held or quotes % 2 not in cuts
        ):  # without a quote all its LF are of one parity
            for parity, place, line_end in _first_ends(lf, quote):
                cuts.setdefault((quotes + parity) % 2, Cut(byte=at + place + 1, line_ends=line_ends + line_end))
        line_ends += int(np.count_nonzero(lf))
        quotes += held
        at += len(piece)
    return Scan(line_ends=line_ends, quotes=quotes, after_even=cuts.get(0), after_odd=cuts.get(1))


def _first_ends(lf: np.ndarray, quote: np.ndarray | None) -> Iterator[tuple[int, int, int]]:
    """(parity of the quotes before it, place, how manieth) of the piece's first LF of each parity."""
    places = np.flatnonzero(lf)
    if not len(places):
        return
    if quote is None:
        yield 0, int(places[0]), 1
        return
    parities = np.searchsorted(np.flatnonzero(quote), places) % 2
    for parity in (0, 1):
        first = int(np.argmax(parities == parity))
        if parities[first] == parity:
            yield parity, int(places[first]), first + 1


def spans(scans: Sequence[Scan], *, starts: Sequence[int], size_bytes: int, line: int) -> Iterator[Span]:
    """The records of a file from `starts[0]`, where a record starts on `line`, to `size_bytes`, cut once in each
    chunk at most: chunk i starts at `starts[i]` and `scans[i]` tells of it. No span is empty."""
    begin, begin_line, quotes = starts[0], line, scans[0].quotes
    line += scans[0].line_ends
    for start, found in zip(starts[1:], scans[1:], strict=True):
        cut = found.after_odd if quotes % 2 else found.after_even
        if cut and start + cut.byte < size_bytes:
            yield Span(byte_start=begin, byte_end=start + cut.byte, line=begin_line)
            begin, begin_line = start + cut.byte, line + cut.line_ends
        quotes += found.quotes
        line += found.line_ends
    yield Span(byte_start=begin, byte_end=size_bytes, line=begin_line)
