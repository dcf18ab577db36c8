"""Where files are cut, held against a walk over the file byte by byte."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from lake.convert.cuts import Cut, Scan, Span, scan, spans


def boundaries(data: bytes, *, quoted_newlines: bool) -> dict[int, int]:
    """Where records start and their line, said the slow way."""
    starts, inside, line = {0: 1}, False, 1
    for place, byte in enumerate(data):
        inside ^= quoted_newlines and byte == ord('"')
        line += byte == ord("\n")
        if byte == ord("\n") and not inside:
            starts[place + 1] = line
    return starts


@given(
    data=st.lists(st.sampled_from([b"a", b'"', b"\n"]), min_size=1, max_size=60).map(b"".join),
    cuts=st.lists(st.integers(1, 59), max_size=6),
    quoted_newlines=st.booleans(),
    piece_bytes=st.integers(1, 20),
)
def test_spans_start_where_records_do(data: bytes, cuts: list[int], quoted_newlines: bool, piece_bytes: int) -> None:
    starts = [0, *sorted({cut for cut in cuts if cut < len(data)})]
    ends = [*starts[1:], len(data)]
    scans = [
        scan(io.BytesIO(data[start:end]), quoted_newlines=quoted_newlines, piece_bytes=piece_bytes)
        for start, end in zip(starts, ends, strict=True)
    ]
    found = list(spans(scans, starts=starts, size_bytes=len(data), line=1))
    truth = boundaries(data, quoted_newlines=quoted_newlines)
    assert [span.line for span in found] == [truth[span.byte_start] for span in found]
    assert found[0].byte_start == 0
    assert [span.byte_end for span in found] == [*(span.byte_start for span in found[1:]), len(data)]
    assert all(span.byte_start < span.byte_end for span in found)
    for start, end in zip(starts[1:], ends[1:], strict=True):  # each chunk that holds a boundary is cut at its first
        inside = [place for place in truth if start < place <= end and place < len(data)]
        assert [span.byte_start for span in found if start < span.byte_start <= end] == inside[:1]


def test_chunk_says_both_hypotheses() -> None:
    assert scan(io.BytesIO(b'a\nb"\n\n"\n'), quoted_newlines=True) == Scan(
        line_ends=4, quotes=2, after_even=Cut(byte=2, line_ends=1), after_odd=Cut(byte=5, line_ends=2)
    )


def test_quotes_mean_nothing_where_lines_are_records() -> None:
    found = scan(io.BytesIO(b'"\n"'), quoted_newlines=False)
    assert found == Scan(line_ends=1, quotes=0, after_even=Cut(byte=2, line_ends=1), after_odd=None)


def test_chunk_inside_a_record_is_no_cut() -> None:
    inside = Scan(line_ends=0, quotes=0, after_even=None, after_odd=None)
    ended = Scan(line_ends=1, quotes=0, after_even=Cut(byte=3, line_ends=1), after_odd=None)
    assert list(spans([inside, inside, ended], starts=[5, 10, 15], size_bytes=20, line=2)) == [
        Span(byte_start=5, byte_end=18, line=2),
        Span(byte_start=18, byte_end=20, line=3),
    ]
