"""The README says what is so: generated parts are fresh, paths exist, commands are the ones that work."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.names import Names
from tests.checkout import ROOT

README = (ROOT / "README.md").read_text()
LINK = re.compile(r"\]\((?!https?:|#)([^)]+)\)")


def test_generated_parts_are_what_the_generator_makes_now() -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "tools" / "readme.py", "--check"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_a_stale_part_is_noticed(tmp_path: Path) -> None:
    edited = README.replace("| orchestrator | status |", "| orchestrator | state |", 1)
    assert edited != README
    fresh = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, readme; print(readme.rendered(sys.stdin.read()), end='')",
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tools")},
        input=edited,
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert fresh.stdout == README


@pytest.mark.parametrize(
    "document",
    [
        *sorted(path.name for path in ROOT.glob("*.md")),
        *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")),
    ],
)
def test_every_relative_link_leads_somewhere(document: str) -> None:
    path = ROOT / document
    targets = [target.split("#")[0] for target in LINK.findall(path.read_text())]
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_every_stack_of_the_readme_can_be_deployed_by_that_name() -> None:
    named = re.findall(r"cdk deploy (NF1-[\w-]+)", README)
    dev, prod = (Names(environment=environment, account="", region="") for environment in ("dev", "prod"))
    assert named == [*dev.stacks, prod.stacks[0]]
    assert all(stack in README for stack in prod.stacks[:3]), "how the others are called must be plain"


def test_recorded_runs_are_three_successes_over_the_same_rows() -> None:
    """The README's table is a claim of success: what it was made from must hold."""
    recorded = json.loads((ROOT / "docs/measured/runs.json").read_text())
    assert [run["orchestrator"] for run in recorded["runs"]] == ["glue", "stepfunctions", "airflow"]
    for run in recorded["runs"]:
        assert run["status"] == "succeeded"
        assert run["rows"] == {"read": 367_687, "curated": 367_687, "quarantined": 0}
        assert run["warehouse_rows"] == 367_687
        assert len(run["notifications"]) == 1
    assert len({run["output_digest"] for run in recorded["runs"]}) == 1
