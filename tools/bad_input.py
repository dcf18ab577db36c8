"""Writes docs/bad_input.md: every class of bad input, what becomes of it, and the tests that showed it.

    .venv/bin/python tools/bad_input.py

Flows in: docs/bad_input.yaml and tests/bad_inputs, run now. Flows out: docs/measured/bad_input.json, which says what
each test came to, and the page made of it. A test of the page checks that both fit the tests that there are; a row
without a test, or with one that did not pass, is an error.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import yaml

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "measured" / "bad_input.json"
ROWS = ROOT / "docs" / "bad_input.yaml"
PAGE = ROOT / "docs" / "bad_input.md"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One kind of bad input; `tests` are names of functions in tests/bad_inputs."""

    what: str
    examples: str
    outcome: str
    tests: tuple[str, ...]


def rows() -> list[Row]:
    """The rows of docs/bad_input.yaml."""
    return [Row(**row | {"tests": tuple(row["tests"])}) for row in yaml.safe_load(ROWS.read_text())]


def main() -> int:
    results = run_tests()
    RESULTS.write_text(
        json.dumps({"recorded_on": datetime.now(UTC).date().isoformat(), "tests": results}, indent=2) + "\n"
    )
    PAGE.write_text(page(json.loads(RESULTS.read_text())))
    return 0


def run_tests() -> dict[str, dict[str, int]]:
    """{test: {"passed": n, "single": n, "spark": n}} of tests/bad_inputs; RuntimeError where one did not pass."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "results.xml"
        command = [sys.executable, "-m", "pytest", "-q", "tests/bad_inputs", f"--junitxml={report}"]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            raise RuntimeError("nothing recorded: a test did not pass, see above")
        cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314  (written by pytest, just now)
    results: dict[str, dict[str, int]] = {}
    for case in cases:
        name, _, parameters = case.attrib["name"].partition("[")
        counts = results.setdefault(name, {"passed": 0, "single": 0, "spark": 0})
        if case.find("skipped") is None:
            counts["passed"] += 1
            for engine in ("single", "spark"):
                counts[engine] += engine in parameters.rstrip("]").split("-")
    return dict(sorted(results.items()))


def page(recorded: Mapping[str, object]) -> str:
    """The page, from what main() has recorded; KeyError or RuntimeError where a row has no test that passed."""
    return "\n".join([*_lines(recorded), ""])


def _lines(recorded: Mapping[str, object]) -> Iterator[str]:
    results = recorded["tests"]
    assert isinstance(results, dict)
    yield "# Bad input"
    yield ""
    yield (
        "What may be wrong with a CSV file, what becomes of it, and the tests that showed it (tests/bad_inputs), with "
        f"how many cases passed on the single engine and in Spark on {recorded['recorded_on']}. "
        "Made by `.venv/bin/python tools/bad_input.py`."
    )
    yield ""
    yield "| what | examples | what becomes of it | shown by | single | Spark | other |"
    yield "|---|---|---|---|---:|---:|---:|"
    for row in rows():
        counts = [results[test] for test in row.tests]
        if not all(count["passed"] for count in counts):
            raise RuntimeError(f"{row.what}: a test of {', '.join(row.tests)} did not pass")
        single, spark = (sum(count[engine] for count in counts) for engine in ("single", "spark"))
        other = sum(count["passed"] for count in counts) - single - spark
        shown = "<br>".join(test.removeprefix("test_").replace("_", " ") for test in row.tests)
        yield f"| {row.what} | {row.examples} | {row.outcome} | {shown} | {single} | {spark} | {other or ''} |"
    yield ""
    weakened = results["test_a_reader_with_a_check_less_is_noticed"]["passed"]
    yield (
        "Beyond the table: every reader is compared with an oracle written from RFC 4180 alone on random contracts, "
        "damage, block sizes and cuts, the compiled core with the patterns and under sanitizers, and "
        f"{weakened} readers with one check less, each of which is noticed. "
        "Damage that yields another valid file is invisible to any reader: that is what control files are for."
    )


if __name__ == "__main__":
    sys.exit(main())
