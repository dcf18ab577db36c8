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

from glue_scripts.strict_csv.kernels import kernels as pc

SURE_CHARACTERS = 15
_VECTOR_CHARACTERS = 19  # a sign or a point among them: at most 18 digits, less than 2**63
_MAX_CHARACTERS = 1024
_SPLITTER = 134217729.0  # 2**27 + 1, Dekker's product
_POWERS = np.array([float(10**n) for n in range(20)])


def inexact(texts: pa.StringArray, values: pa.DoubleArray) -> np.ndarray:
    """Positions, ascending, where the text (one of the grammar's doubles, or null) is not its double."""
    lengths = pc.fill_null(pc.binary_length(texts), 0).to_numpy(zero_copy_only=False)
    suspects = lengths > SURE_CHARACTERS
    if _has_exponents(texts):
        exponent = pc.fill_null(pc.match_substring(texts, "e", ignore_case=True), False)
        suspects |= exponent.to_numpy(zero_copy_only=False)
    places = np.flatnonzero(suspects)
    if not len(places):
        return places
    places = places[~_surely_exact(texts.take(pa.array(places)), values.take(pa.array(places)))]
    rest = pa.array(places)
    checked = zip(places, texts.take(rest).to_pylist(), values.take(rest).to_pylist(), strict=True)
    return np.array([place for place, text, value in checked if not is_exact(text, value)], np.int64)


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
    said = Decimal(text)
    if said == Decimal(repr(value)):
        return True
    unit = Fraction(10) ** int(said.as_tuple().exponent)
    return 2 * abs(Fraction(said) - Fraction(value)) <= unit


def _surely_exact(texts: pa.StringArray, values: pa.DoubleArray) -> np.ndarray:
    """True where plain integer arithmetic proves it: text m * 10**-d, double x, |m - x * 10**d| <= 0.5."""
    sure = np.zeros(len(texts), bool)
    lengths = pc.binary_length(texts).to_numpy(zero_copy_only=False)
    points = pc.find_substring(texts, ".").to_numpy(zero_copy_only=False)
    plain = lengths <= _VECTOR_CHARACTERS
    if _has_exponents(texts):
        plain &= ~pc.match_substring(texts, "e", ignore_case=True).to_numpy(zero_copy_only=False)
    doubles = values.to_numpy(zero_copy_only=False)
    for point in np.unique(points[plain]):  # a column has few: the same digits before the point, mostly
        if point < 0:
            continue
        chosen = np.flatnonzero(plain & (points == point))
        every = len(chosen) == len(texts)
        group = texts if every else texts.take(pa.array(chosen))
        digits = pc.binary_replace_slice(group.view(pa.binary()), int(point), int(point) + 1, b"")
        whole = digits.view(pa.string()).cast(pa.int64()).to_numpy(zero_copy_only=False)
        decimals = lengths[chosen] - 1 - point
        sure[chosen] = _rounds_to(whole, doubles[chosen], decimals)
    return sure


def _rounds_to(whole: np.ndarray, doubles: np.ndarray, decimals: np.ndarray) -> np.ndarray:
    high, low = _product(doubles, _POWERS[decimals])
    integer = high.astype(np.int64)
    difference, error = _difference((whole - integer).astype(np.float64) - (high - integer), low)
    distance = np.abs(difference)
    tie = (distance == 0.5) & (error == 0.0)  # single precision numbers often are ties
    return (distance < 0.499999) | tie  # nearer the tie, exact decimals decide


def _difference(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """left - right exactly, as a double and its error (Knuth's two-sum)."""
    difference = left - right
    back = difference - left
    return difference, (left - (difference - back)) - (right + back)


def _product(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """left * right exactly, as a double and its error (Dekker 1971)."""
    product = left * right
    left_high = _SPLITTER * left - (_SPLITTER * left - left)
    right_high = _SPLITTER * right - (_SPLITTER * right - right)
    left_low, right_low = left - left_high, right - right_high
    error = left_high * right_high - product
    return product, error + left_high * right_low + left_low * right_high + left_low * right_low
