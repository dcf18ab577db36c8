"""Compressed content: whole or refused by name, in bounded memory, whatever the chunks."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import random
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.convert.decompression import Content, check_name, splittable
from strict_csv.refusals import DamagedStream, FileRefused, NotCsv, TooLarge, Truncated

PLAIN = b"".join(b"%d,%d\n" % (n, n * 7919 % 10007) for n in range(40_000))


def _zst(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


# As the zstd tool packs it: with a checksum, which Arrow's writer leaves out.
CHECKED_CONTENT = b"id,name,fare\n" + b"1,ann,1.5\n2,bob,2.5\n" * 50
CHECKED_ZST = bytes.fromhex(
    "28b52ffd04584d0100040269642c6e616d652c666172650a312c616e6e2c312e350a322c626f622c322e350100907ed57c0246b20c15"
)
KINDS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress, ".zst": _zst}
every_kind = pytest.mark.parametrize("kind", KINDS)


class Dribble:
    """A store's stream that gives as little as it likes."""

    def __init__(self, data: bytes, *, most: int) -> None:
        self._data, self._most, self.given = io.BytesIO(data), most, 0

    def read(self, size: int, /) -> bytes:
        part = self._data.read(min(size, self._most))
        self.given += len(part)
        return part


def content(stored: bytes, kind: str, *, most: int = 1 << 20, limit: int = 1 << 30) -> Content:
    return Content(Dribble(stored, most=most), key=f"in/a.csv{kind}", limit_bytes=limit)


def whole(opened: Content, *, size: int = 100_000) -> bytes:
    parts = []
    while part := opened.read(size):
        assert len(part) <= size
        parts.append(part)
    return b"".join(parts)


@every_kind
@pytest.mark.parametrize(("most", "size"), [(1, 1 << 20), (7, 1000), (1 << 20, 1), (1 << 20, 4096), (1 << 20, 1 << 23)])
def test_content_is_what_was_compressed_whatever_the_chunks(kind: str, most: int, size: int) -> None:
    plain = PLAIN[:20_000] if 1 in (most, size) else PLAIN
    stored = KINDS[kind](plain)
    opened = content(stored, kind, most=most)
    assert whole(opened, size=size) == plain
    assert (opened.size_bytes, opened.stored_bytes) == (len(plain), len(stored))


@every_kind
@pytest.mark.parametrize("most", [1, 1 << 20])
def test_members_are_one_content(kind: str, most: int) -> None:
    pieces = [PLAIN[:10], b"", PLAIN[10:999], PLAIN[999:5000]]
    assert whole(content(b"".join(map(KINDS[kind], pieces)), kind, most=most)) == PLAIN[:5000]


@given(
    kind=st.sampled_from(sorted(KINDS)),
    pieces=st.lists(st.binary(max_size=40), min_size=1, max_size=5),
    most=st.integers(1, 50),
    size=st.integers(1, 50),
    lost=st.integers(0, 3),
)
def test_any_members_in_any_chunks_are_whole_or_refused(
    kind: str, pieces: list[bytes], most: int, size: int, lost: int
) -> None:
    members = [KINDS[kind](piece) for piece in pieces]
    stored = b"".join(members)
    opened = content(stored[: len(stored) - lost], kind, most=most)
    if lost == 0:
        assert whole(opened, size=size) == b"".join(pieces)
        return
    with pytest.raises(Truncated):
        whole(opened, size=size)


def test_as_many_members_as_a_blocked_gzip_writes() -> None:
    member = gzip.compress(b"1,2\n")
    assert whole(content(member * 5000, ".gz")) == b"1,2\n" * 5000


def test_skippable_frame_may_come_first() -> None:
    stored = b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + _zst(PLAIN)
    assert whole(content(stored, ".zst")) == PLAIN


@every_kind
def test_stream_cut_anywhere_is_truncated(kind: str) -> None:
    stored = KINDS[kind](PLAIN[:3000])
    for end in {1, 2, 3, 4, 5, *range(6, len(stored), 37), len(stored) - 8, len(stored) - 1}:
        with pytest.raises(Truncated):
            whole(content(stored[:end], kind))


@every_kind
def test_second_member_cut_anywhere_is_truncated(kind: str) -> None:
    first = KINDS[kind](PLAIN[:300])
    for more in range(1, len(first)):
        with pytest.raises(Truncated):
            whole(content(first + first[:more], kind))


@every_kind
@pytest.mark.parametrize("behind", [b"x", b"\0", b"1,2\n", bytes(512)])
def test_anything_behind_the_stream_is_refused(kind: str, behind: bytes) -> None:
    with pytest.raises(DamagedStream):
        whole(content(KINDS[kind](PLAIN) + behind, kind))


@pytest.mark.parametrize("kind", [".gz", ".bz2"])
def test_flipped_bit_never_gives_other_content(kind: str) -> None:
    stored, chance, refused = KINDS[kind](PLAIN[:50_000]), random.Random(3), 0
    for _ in range(40):
        damaged = bytearray(stored)
        damaged[chance.randrange(len(stored))] ^= 1 << chance.randrange(8)
        try:  # a gzip header's time and system may say anything
            assert whole(content(bytes(damaged), kind)) == PLAIN[:50_000]
        except FileRefused:
            refused += 1
    assert refused >= 38


def test_zst_frame_with_a_checksum_never_gives_other_content() -> None:
    for bit in range(len(CHECKED_ZST) * 8):
        damaged = bytearray(CHECKED_ZST)
        damaged[bit // 8] ^= 1 << bit % 8
        with contextlib.suppress(FileRefused):
            assert whole(content(bytes(damaged), ".zst")) == CHECKED_CONTENT
    assert whole(content(CHECKED_ZST, ".zst")) == CHECKED_CONTENT


def test_wrong_checksum_is_damage() -> None:
    damaged = bytearray(gzip.compress(PLAIN))
    damaged[-8] ^= 1
    with pytest.raises(DamagedStream, match="deliver it again"):
        whole(content(bytes(damaged), ".gz"))


@every_kind
@pytest.mark.parametrize("other", [b"id,name\n1,a\n", b"PK\x03\x04", bytes(100), b"BXh"])
def test_other_content_than_the_name_says_is_refused(kind: str, other: bytes) -> None:
    with pytest.raises(NotCsv, match=rf"\.csv\{kind}"):
        content(other, kind)


@every_kind
def test_empty_object_is_empty_content(kind: str) -> None:
    assert whole(content(b"", kind)) == b""


@every_kind
def test_limit_is_exact_and_a_bomb_is_left_at_once(kind: str) -> None:
    stored = KINDS[kind](PLAIN)
    assert whole(content(stored, kind, limit=len(PLAIN))) == PLAIN
    with pytest.raises(TooLarge, match="max_content_bytes"):
        whole(content(stored, kind, limit=len(PLAIN) - 1))
    bomb = content(KINDS[kind](bytes(30_000_000)), kind, limit=1_000_000)
    with pytest.raises(TooLarge):
        whole(bomb)
    assert bomb.size_bytes == 1_000_001


def test_zst_window_beyond_bounded_memory_is_refused() -> None:
    window_of_2_gib, one_raw_byte = b"\xa8", b"\x09\x00\x00x"  # RFC 8878, 3.1.1
    with pytest.raises(TooLarge, match="window"):
        whole(content(b"\x28\xb5\x2f\xfd\x00" + window_of_2_gib + one_raw_byte, ".zst"))


def test_plain_content_knows_no_limit_and_no_magic() -> None:
    assert whole(content(PLAIN, "", limit=10)) == PLAIN


@every_kind
def test_failure_of_the_store_is_no_refusal(kind: str) -> None:
    class Broken(Dribble):
        def read(self, size: int, /) -> bytes:
            if self.given > 50:
                raise ConnectionResetError("the line is dead")
            return super().read(size)

    stream = Broken(KINDS[kind](PLAIN), most=40)
    with pytest.raises(ConnectionResetError, match="the line is dead"):
        whole(Content(stream, key=f"a.csv{kind}", limit_bytes=1 << 30))


@pytest.mark.parametrize(
    "key", ["a.csv", "landing/x/A.CSV", "x=1/a b%2F.csv.gz", "a.Csv.BZ2", "a.csv.zst", "\u0301.csv"]
)
def test_name_is_taken(key: str) -> None:
    check_name(key)
    assert splittable(key) is key.lower().endswith(".csv")


DRAFTS = ["_a.csv", ".a.csv", "_tmp/a.csv", "../a.csv", "x/./a.csv"]
OTHERS = ["a.csv.tmp", "a.tar.gz", "a.gz", "a.csv.zip", "csv", "a.csv\n", "a\udcff.csv"]


@pytest.mark.parametrize("key", [*DRAFTS, *OTHERS])
def test_name_is_refused_with_the_remedy(key: str) -> None:
    with pytest.raises(NotCsv, match="rename"):
        check_name(key)
