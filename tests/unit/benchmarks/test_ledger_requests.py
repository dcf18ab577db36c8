"""What the docs say of the ledger's requests is what was recorded, and within the budget."""

from __future__ import annotations

import json

from benchmarks.ledger_requests import JOBS, PAGE, RECORD, SIZES, page


def test_page_says_what_was_recorded() -> None:
    record = json.loads(RECORD.read_text())
    assert PAGE.read_text() == page(record)
    assert {(one["job"], one["entries"]) for one in record["after"]} == {(job, size) for job in JOBS for size in SIZES}


def test_recorded_figures_are_within_the_budget_and_were_not_before() -> None:
    record = json.loads(RECORD.read_text())
    beyond = [one["job"] for one in record["after"] if one["gets"] > 4 or one["lists"] > 2]
    assert set(beyond) == {"convert, no checkpoint yet"}, "the first that meets an older ledger"
    assert [one for one in record["before"] if one["entries"] > 10 and one["gets"] <= 4] == []
