"""The second implementation of the checksum against a third, scalar one, straight from the definition."""

import hashlib
import struct
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.verify.checksums import mix, spell, total, value_hashes, weight

G = 0x9E3779B97F4A7C15
M = 2**64 - 1


def scalar_mix(x: int) -> int:
    x ^= x >> 30
    x = x * 0xBF58476D1CE4E5B9 & M
    x ^= x >> 27
    x = x * 0x94D049BB133111EB & M
    return x ^ x >> 31


def one_word(word: int) -> int:
    return scalar_mix((word + G) & M)


def text_hash(value: str) -> int:
    raw = value.encode()
    padded = raw + b"\0" * (-len(raw) % 8)
    words = struct.unpack(f"<{len(padded) // 8}Q", padded)
    return scalar_mix((len(raw) + sum(scalar_mix((w + (i + 1) * G) & M) for i, w in enumerate(words))) & M)


def hashes(values: list, kind: pa.DataType) -> list[int]:
    return [int(value) for value in value_hashes(pa.array(values, kind))]


@given(st.lists(st.one_of(st.none(), st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))))
def test_strings_hash_as_defined(values: list[str | None]) -> None:
    expected = [0xA5A5F00D5EED0001 if value is None else text_hash(value) for value in values]
    assert hashes(values, pa.string()) == expected


@given(st.lists(st.text(alphabet="aé€", max_size=20), min_size=3))
def test_a_slice_hashes_as_its_own_values(values: list[str]) -> None:
    part = pa.array(values).slice(1, len(values) - 2)
    assert [int(h) for h in value_hashes(part)] == [text_hash(value) for value in values[1:-1]]


@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))))
def test_integers_hash_as_defined(values: list[int | None]) -> None:
    assert hashes(values, pa.int64()) == [0xA5A5F00D5EED0001 if v is None else one_word(v & M) for v in values]


@given(st.lists(st.floats(allow_nan=False)))
def test_doubles_hash_by_their_bits(values: list[float]) -> None:
    expected = [one_word(struct.unpack("<Q", struct.pack("<d", value))[0]) for value in values]
    assert hashes(values, pa.float64()) == expected


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (True, pa.bool_(), one_word(1)),
        (False, pa.bool_(), one_word(0)),
        (date(1969, 12, 31), pa.date32(), one_word(M)),
        (datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), pa.timestamp("us", tz="UTC"), one_word(1_000_000)),
        (datetime(1970, 1, 1, 0, 0, 1), pa.timestamp("us"), one_word(1_000_000)),  # noqa: DTZ001
        (Decimal("-1.25"), pa.decimal128(8, 2), one_word(-125 & M)),
        (
            Decimal("-1.25"),
            pa.decimal128(30, 2),
            scalar_mix((16 + scalar_mix((-125 + G) & M) + scalar_mix((M + 2 * G) & M)) & M),
        ),
    ],
)
def test_other_types_hash_as_defined(value: object, kind: pa.DataType, expected: int) -> None:
    assert hashes([value], kind) == [expected]


def test_a_swapped_character_and_a_null_are_noticed() -> None:
    sums = {total(value_hashes(pa.array(v, pa.string()))) for v in (["ab"], ["ba"], [None], [""], ["ab", None])}
    assert len(sums) == 5


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(TypeError, match="int32"):
        value_hashes(pa.array([1], pa.int32()))


def test_weights_are_odd_and_spelling_has_16_digits() -> None:
    assert int(weight("month")) == int.from_bytes(hashlib.sha256(b"month").digest()[:8], "little") | 1
    assert spell(2**64 + 10) == "000000000000000a"
    assert [int(m) for m in mix(value_hashes(pa.array([1])))] == [scalar_mix(one_word(1))]
