"""Which doubles are good: the vectorised judgement against exact decimals."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strict_csv.round_trip import inexact, is_exact


def judged_bad(texts: list[str]) -> list[int]:
    array = pa.array(texts)
    return inexact(array, array.cast(pa.float64())).tolist()


def rounds_back(text: str) -> bool:
    """From the definition, in fractions: half a unit of the last digit away at most, or the shortest spelling."""
    value, said = Fraction(float(text)), Fraction(Decimal(text))
    unit = Fraction(10) ** int(Decimal(text).as_tuple().exponent)
    return abs(value - said) <= unit / 2 or Fraction(Decimal(repr(float(text)))) == said


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,6})\.[0-9]{1,17}", fullmatch=True))
@settings(max_examples=800, deadline=None)
def test_vectorised_judgement_is_the_definition(text: str) -> None:
    assert judged_bad([text]) == ([] if rounds_back(text) else [0])


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=500, deadline=None)
def test_shortest_and_17_digit_spellings_are_good(value: float) -> None:
    assert judged_bad([repr(value), f"{value:.17g}", f"{value:.16e}"]) == []


@given(st.floats(width=32, min_value=-180, max_value=180))
@settings(max_examples=500, deadline=None)
def test_single_precision_with_15_decimals_is_good(value: float) -> None:
    assert judged_bad([f"{value:.15f}"]) == []


def test_either_neighbour_of_a_tie_is_good() -> None:
    texts = ["73.805862426757811", "73.805862426757812", "73.805862426757813", "73.805862426757814"]
    assert judged_bad(texts) == [0, 3]


@pytest.mark.parametrize("text", ["1e400", "1e-400", "-1e999", "0.12345678901234567891", "9007199254740993"])
def test_more_than_a_double_holds_is_bad(text: str) -> None:
    assert judged_bad(["1", text, "2"]) == [1]
    assert not is_exact(text, float(text))


def test_nulls_are_good() -> None:
    assert inexact(pa.array([None, "1e400"]), pa.array([None, float("inf")])).tolist() == [1]


_TEXTS = st.one_of(
    st.none(),
    st.just("0"),
    st.from_regex(r"-?(0|[1-9][0-9]{0,6})?\.[0-9]{1,18}", fullmatch=True),
    st.floats(width=32, min_value=-180, max_value=180).map(lambda value: f"{value:.15f}"),
    st.from_regex(r"[1-9]\.[0-9]{1,17}e-?[1-9]", fullmatch=True),
)


@given(st.lists(_TEXTS, min_size=1, max_size=12))
@settings(max_examples=400, deadline=None)
def test_a_column_is_judged_text_by_text(texts: list[str | None]) -> None:
    array = pa.array(["sliced away", *texts], pa.string())[1:]
    doubles = pa.array([None if text is None else float(text) for text in texts], pa.float64())
    bad = [place for place, text in enumerate(texts) if text is not None and not rounds_back(text)]

    assert inexact(array, doubles).tolist() == bad


@pytest.mark.parametrize("whole", [0, 1, 3, 4096, 123456789])
def test_one_unit_beside_a_good_spelling_of_many_digits_is_bad(whole: int) -> None:
    """The vectorised integers at the edges of their range: 18 digits, and exponents far apart."""
    for fraction in (0.1, 0.3, 0.7):
        value = whole + fraction
        good = f"{Decimal(value):.{18 - len(str(whole))}f}"
        worse = str(Decimal(good) + Decimal(1).scaleb(Decimal(good).as_tuple().exponent))
        assert judged_bad([good]) == []
        assert judged_bad([worse]) == ([] if rounds_back(worse) else [0])
