"""Every reason that a row can be quarantined for is explained, and none promises a way out that is not there."""

from __future__ import annotations

import pytest

from benchmarks.green_taxi.damage import KINDS
from lake.deduplicate.duplicates import REASONS
from strict_csv.explanations import explain, is_about_bytes

SEEN = {reason for _, reasons in KINDS.values() for reason in reasons}
ALL = sorted(
    {
        *SEEN,
        *REASONS,
        "empty_partition:day",
        "too_long:name:65535",
        "value:day:date",
        "value:on:boolean",
        "value:name:string",
    }
)
UNKNOWN = explain("gremlins")


@pytest.mark.parametrize("reason", ALL)
def test_reason_is_explained_with_its_column(reason: str) -> None:
    meaning = explain(reason)
    assert meaning.short != UNKNOWN.short
    assert meaning.rule
    assert meaning.by_contract
    assert meaning.by_file
    parts = reason.split(":")
    assert meaning.column == (parts[1] if len(parts) > 1 else None)
    if meaning.column:
        assert meaning.column in meaning.short


def test_reason_of_another_version_is_said_to_be_unknown() -> None:
    assert "does not know" in UNKNOWN.short
    assert "gremlins" in UNKNOWN.rule


def test_decimal_says_how_many_digits_it_takes() -> None:
    assert "at most 8 digits before and 2 after the point" in explain("value:fare:decimal(10,2)").rule


@pytest.mark.parametrize("reason", ALL)
def test_only_what_a_contract_can_mend_is_judged_again_without_a_repair(reason: str) -> None:
    assert is_about_bytes(reason) == (":" not in reason and reason not in REASONS)
