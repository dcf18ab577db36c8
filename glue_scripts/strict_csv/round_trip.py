"""Which doubles say more than a double can hold.

A text is good if the double it denotes says the same: its decimal rounding to as many digits as the text
has is the text, or its shortest spelling is numerically the text. Up to 15 significant digits that is
always so (IEEE 754); 10.357019999999999 (weather.csv) is good, 0.12345678901234567891 is not, and
neither is 1e400 or 1e-400. Flows in: texts and their doubles. Flows out: positions of the bad ones.
"""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SURE_CHARACTERS = 15
_VECTOR_CHARACTERS = 18
_MAX_CHARACTERS = 1024
_SPLITTER = 134217729.0  # 2**27 + 1, Dekker's product
_POWERS = np.array([float(10**n) for n in range(19)])


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
    return data is not None and bool(((np.frombuffer(data, np.uint8) | 0x20) == ord("e")).any())


def is_exact(text: str, value: float) -> bool:
    """The definition above, for one text."""
    if not math.isfinite(value) or len(text) > _MAX_CHARACTERS:
        return False
    said = Decimal(text)
    if said == Decimal(repr(value)):
        return True
    if value == 0.0:
        return False
    digits = len(said.as_tuple().digits)
    return said == Decimal(f"{value:.{digits - 1}e}")


def _surely_exact(texts: pa.StringArray, values: pa.DoubleArray) -> np.ndarray:
    """True where plain integer arithmetic proves it: text m * 10**-d, double x, |m - x * 10**d| < 0.5."""
    sure = np.zeros(len(texts), bool)
    bare = pc.replace_substring(texts, "-", "")
    plain = pc.match_substring(texts, "e", ignore_case=True).to_numpy(zero_copy_only=False)
    lengths = pc.binary_length(bare).to_numpy(zero_copy_only=False)
    fit = np.flatnonzero(~plain & (lengths <= _VECTOR_CHARACTERS + 1))
    if not len(fit):
        return sure
    bare = bare.take(pa.array(fit))
    point = pc.find_substring(bare, ".").to_numpy(zero_copy_only=False)
    decimals = np.where(point >= 0, lengths[fit] - 1 - point, 0)
    digits = pc.replace_substring(bare, ".", "")
    short = pc.binary_length(digits).to_numpy(zero_copy_only=False) <= _VECTOR_CHARACTERS
    fit, decimals = fit[short], decimals[short]
    whole = digits.filter(pa.array(short)).cast(pa.int64()).to_numpy(zero_copy_only=False)
    high, low = _product(np.abs(values.to_numpy(zero_copy_only=False)[fit]), _POWERS[decimals])
    integer = high.astype(np.int64)
    difference = (whole - integer).astype(np.float64) - (high - integer) - low
    sure[fit] = np.abs(difference) < 0.499999  # nearer the tie, exact decimals decide
    return sure


def _product(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """left * right exactly, as a double and its error (Dekker 1971)."""
    product = left * right
    left_high = _SPLITTER * left - (_SPLITTER * left - left)
    right_high = _SPLITTER * right - (_SPLITTER * right - right)
    left_low, right_low = left - left_high, right - right_high
    error = left_high * right_high - product
    return product, error + left_high * right_low + left_low * right_high + left_low * right_low
