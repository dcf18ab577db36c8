"""Which doubles say more than a double can hold.

A text is good if the double it denotes says the same: rounded to as many digits as the text has it is the
text (either way where it is a tie: the taxi commission's files round ties up, printf to even), or its
shortest spelling is numerically the text. Up to 15 significant digits that is
always so (IEEE 754); 10.357019999999999 (weather.csv) is good, 0.12345678901234567891 is not, and
neither is 1e400 or 1e-400. Flows in: texts and their doubles. Flows out: positions of the bad ones.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa

from strict_csv.kernels import kernels as pc

SURE_CHARACTERS = 15
_VECTOR_CHARACTERS = 19  # a sign or a point among them: at most 18 digits, less than 2**63
_MAX_CHARACTERS = 1024
_POWERS = np.array([10**n for n in range(_VECTOR_CHARACTERS)], np.int64)
_MANTISSA_BITS = 52
_EXPONENT = 2**11 - 1
_BIAS = 1075  # a double is (its mantissa with the hidden bit) * 2 ** (its exponent - 1075)


def inexact(texts: pa.StringArray, values: pa.DoubleArray) -> np.ndarray:
    """Positions, ascending, where the text (one of the grammar's doubles, or null) is not its double."""
    suspects = _lengths(texts) > SURE_CHARACTERS
    exponents = _has_exponents(texts)
    if exponents:
        exponent = pc.fill_null(pc.match_substring(texts, "e", ignore_case=True), False)
        suspects |= exponent.to_numpy(zero_copy_only=False)
    places = np.flatnonzero(suspects)
    if not len(places):
        return places
    if 2 * len(places) < len(texts) or texts.null_count:
        texts, values = texts.take(pa.array(places)), values.take(pa.array(places))
        unsure = np.flatnonzero(~_surely_exact(texts, values, exponents=exponents))
    else:  # judging all is cheaper than taking most
        unsure = np.flatnonzero(suspects & ~_surely_exact(texts, values, exponents=exponents))
        places = np.arange(len(texts))
    rest = pa.array(unsure)
    checked = zip(unsure, texts.take(rest).to_pylist(), values.take(rest).to_pylist(), strict=True)
    return places[np.array([place for place, text, value in checked if not is_exact(text, value)], np.int64)]


def _lengths(texts: pa.StringArray) -> np.ndarray:
    """In bytes; 0 where null."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32, count=len(texts) + 1, offset=4 * texts.offset)
    lengths = np.diff(offsets)
    if texts.null_count:
        lengths[texts.is_null().to_numpy(zero_copy_only=False)] = 0
    return lengths


def _has_exponents(texts: pa.StringArray) -> bool:
    data = texts.buffers()[2]
    if data is None:
        return False
    characters = data.to_pybytes()  # a copy and two memchr beat three passes of numpy
    return b"e" in characters or b"E" in characters


def is_exact(text: str, value: float) -> bool:
    """The definition above, for one text."""
    if not math.isfinite(value) or len(text) > _MAX_CHARACTERS:
        return False
    written = Decimal(text)
    if written == Decimal(repr(value)):
        return True
    unit = Fraction(10) ** int(written.as_tuple().exponent)
    return 2 * abs(Fraction(written) - Fraction(value)) <= unit


def _surely_exact(texts: pa.StringArray, values: pa.DoubleArray, *, exponents: bool) -> np.ndarray:
    """True where plain integer arithmetic proves it: text m * 10**-d, double x, |m - x * 10**d| <= 0.5."""
    sure = np.zeros(len(texts), bool)
    lengths = _lengths(texts)
    points = pc.find_substring(texts, ".").to_numpy(zero_copy_only=False)
    plain = lengths <= _VECTOR_CHARACTERS
    if exponents:
        plain &= ~pc.match_substring(texts, "e", ignore_case=True).to_numpy(zero_copy_only=False)
    doubles = values.to_numpy(zero_copy_only=False)
    places = points[plain]
    for point in np.flatnonzero(np.bincount(places[places >= 0])):  # few: mostly the same digits before it
        chosen = plain & (points == point)
        every = bool(chosen.all())
        group = texts if every else texts.filter(pa.array(chosen))
        digits = pc.binary_replace_slice(group.view(pa.binary()), int(point), int(point) + 1, b"")
        whole = digits.view(pa.string()).cast(pa.int64()).to_numpy(zero_copy_only=False)
        decimals = lengths[chosen] - 1 - point
        sure[chosen] = _rounds_to(whole, doubles if every else doubles[chosen], decimals)
    return sure


def _rounds_to(whole: np.ndarray, doubles: np.ndarray, decimals: np.ndarray) -> np.ndarray:
    """|m - x * 10**d| <= 0.5 for x = f / 2**k: |m * 2**k - f * 10**d| <= 2**(k-1), in integers modulo 2**64.

    The doubles are those nearest to m / 10**d, so that the difference is at most 10**d / 2 (and would be less
    than 2**63 were they 17 units in the last place off): modulo 2**64 it is exact. 0 < k < 64, or it is unsure.
    """
    bits = doubles.view(np.int64)
    shift = _BIAS - ((bits >> _MANTISSA_BITS) & _EXPONENT)
    scaled = bits & (2**_MANTISSA_BITS - 1)
    scaled |= 2**_MANTISSA_BITS
    scaled *= _POWERS[decimals]
    difference = np.abs(whole)
    np.left_shift(difference, shift, out=difference)
    difference -= scaled
    np.abs(difference, out=difference)
    return (shift > 0) & (shift < 64) & (difference <= np.left_shift(1, shift - 1))
