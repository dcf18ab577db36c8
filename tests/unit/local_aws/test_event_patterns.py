"""Event patterns: what matches, what does not, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from local_aws.services.events.delivery import target_input
from local_aws.services.events.pattern import PatternRefused, check_pattern, matches

EVENT = {
    "source": "aws.s3",
    "detail": {"key": "landing/flights/a.csv", "size": 10, "state": None, "tags": ["x", "y"], "on": True},
}


@pytest.mark.parametrize(
    "detail",
    [
        {"key": ["landing/flights/a.csv"]},
        {"key": ["other", {"prefix": "landing/"}]},
        {"key": [{"suffix": ".csv"}]},
        {"key": [{"wildcard": "landing/*/*.csv"}]},
        {"key": [{"anything-but": ["a", "b"]}]},
        {"key": [{"anything-but": {"prefix": "curated/"}}]},
        {"key": [{"equals-ignore-case": "LANDING/flights/A.csv"}]},
        {"key": [{"suffix": {"equals-ignore-case": ".CSV"}}]},
        {"size": [{"numeric": [">", 0, "<=", 10]}]},
        {"size": [10]},
        {"state": [None]},
        {"tags": ["y"]},
        {"absent": [{"exists": False}]},
        {"$or": [{"size": [1]}, {"on": [True]}]},
    ],
)
def test_a_pattern_matches(detail: dict[str, Any]) -> None:
    pattern = {"source": ["aws.s3"], "detail": detail}
    check_pattern(pattern)
    assert matches(pattern, EVENT)


@pytest.mark.parametrize(
    "detail",
    [
        {"key": ["landing/flights"]},
        {"key": [{"prefix": "curated/"}]},
        {"key": [{"wildcard": "landing/*.json"}]},
        {"key": [{"anything-but": {"prefix": "landing/"}}]},
        {"size": ["10"]},
        {"size": [{"numeric": ["<", 10]}]},
        {"on": [1]},
        {"absent": ["x"]},
        {"absent": [{"anything-but": ["x"]}]},
        {"key": [{"exists": False}]},
        {"key": {"deeper": ["x"]}},
        {"$or": [{"size": [1]}, {"on": [False]}]},
    ],
)
def test_a_pattern_does_not_match(detail: dict[str, Any]) -> None:
    assert not matches({"source": ["aws.s3"], "detail": detail}, EVENT)


@pytest.mark.parametrize(
    "pattern", [{}, [], {"a": "text"}, {"a": [{"cidr": "x"}]}, {"a": [{"prefix": "x", "suffix": "y"}]}]
)
def test_an_invalid_pattern_is_refused(pattern: Any) -> None:
    with pytest.raises(PatternRefused):
        check_pattern(pattern)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"Input": '{"a": 1}'}, '{"a": 1}'),
        ({"InputPath": "$.detail.size"}, "10"),
        ({"InputTransformer": {"InputPathsMap": {"k": "$.detail.key"}, "InputTemplate": '"got <k>"'}}, None),
        (
            {"InputTransformer": {"InputPathsMap": {"k": "$.detail.tags"}, "InputTemplate": '{"t": <k>}'}},
            '{"t": ["x", "y"]}',
        ),
    ],
)
def test_a_target_gets_its_input(target: dict[str, Any], expected: str | None) -> None:
    assert target_input(target, EVENT) == (expected or '"got landing/flights/a.csv"')
