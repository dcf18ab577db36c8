"""docs/bad_input.md says what the tests say: it is made of recorded results, and every test that it names exists."""

from __future__ import annotations

import json
import re

import pytest

from tests.checkout import ROOT
from tools.bad_input import PAGE, RESULTS, page, rows

TESTS = ROOT / "tests" / "bad_inputs"


def test_page_is_made_of_the_recorded_results() -> None:
    assert PAGE.read_text() == page(json.loads(RESULTS.read_text())), "run tools/bad_input.py"


def test_every_test_that_is_named_exists() -> None:
    sources = [file.read_text() for file in TESTS.glob("test_*.py")]
    there = {name for source in sources for name in re.findall(r"^def (test_\w+)", source, re.M)}
    assert {test for row in rows() for test in row.tests} <= there


def test_row_whose_test_did_not_pass_makes_no_page() -> None:
    recorded = json.loads(RESULTS.read_text())
    recorded["tests"][rows()[0].tests[0]]["passed"] = 0
    with pytest.raises(RuntimeError, match="did not pass"):
        page(recorded)
