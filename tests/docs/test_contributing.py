"""CONTRIBUTING.md's recipes work: each is executed in a copy of the tree, and its result is looked at.

The copy has the tracked files, as they are now, and links to the environments; nothing is deployed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.checkout import AIRFLOW, SCRIPTS
from tests.docs.recipes import Edit, Recipe, RecipeFailed, Run, Write, recipes
from tests.infrastructure.checkouts import ROOT, checkout, with_wheels
from tests.infrastructure.dags import read_dags
from tests.infrastructure.graph import asl_edges, definition_of, glue_edges, resources

RECIPES = recipes((ROOT / "CONTRIBUTING.md").read_text())
ADDED = {("verify", "measure_size"), ("measure_size", "aggregate")}


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Path]:
    folder = with_wheels(checkout(tmp_path / "copy"))
    for name, environment in ((".venv", SCRIPTS.parent), (".venv-airflow", AIRFLOW)):
        (folder / name).symlink_to(environment, target_is_directory=True)
    for library in (ROOT / "strict_csv").glob("core-*.so"):
        (folder / library.relative_to(ROOT)).symlink_to(library)
    yield folder
    shutil.rmtree(folder)


def recorded(folder: Path, stack: str) -> dict[str, Any]:
    """The template that the recipe synthesised and recorded."""
    return json.loads((folder / "tests" / "infrastructure" / "snapshots" / f"{stack}.us-east-1.json").read_text())


def test_the_recipes_are_the_four_that_are_looked_at_below() -> None:
    assert list(RECIPES) == ["Add a dataset", "Add a step", "Add a fault", "Add a service"]


def test_a_new_dataset_is_converted_and_crawled(copy: Path) -> None:
    RECIPES["Add a dataset"].perform(copy)
    rows = pq.read_table(copy / "samples" / "out" / "curated").to_pylist()
    assert {(row["code"], str(row["opened"]), str(row["height"])) for row in rows} == {
        ("JFK", "1948-07-01", "4.0"),
        ("LGA", "1939-10-15", "6.4"),
        ("EWR", "1928-10-01", "5.5"),
    }
    data = recorded(copy, "NF1-DataZone")
    [crawler] = resources(data, "AWS::Glue::Crawler")
    assert any("landing/stations/" in json.dumps(target) for target in crawler["Targets"]["S3Targets"])
    datasets = {job["DefaultArguments"]["--datasets"] for job in resources(data, "AWS::Glue::Job")}
    assert datasets == {"flights,weather,airports,planes,airlines,stations"}


def test_a_new_step_is_in_the_three_graphs(copy: Path) -> None:
    RECIPES["Add a step"].perform(copy)
    assert glue_edges(recorded(copy, "NF1-Glue-Lab"), slug="nf1-dev", lane="glue") >= ADDED
    assert asl_edges(definition_of(recorded(copy, "NF1-StepFunctions-Lab"))) >= ADDED
    [dag] = read_dags(copy / ".lab" / "airflow", root=copy)
    assert {(before, after) for before, after in dag["edges"]} >= ADDED
    jobs = {job["Name"] for job in resources(recorded(copy, "NF1-DataZone"), "AWS::Glue::Job")}
    assert "nf1-dev-measure_size" in jobs


@pytest.mark.parametrize("name", ["Add a fault", "Add a service"])
def test_a_new_fault_and_a_new_service_do_what_their_own_tests_ask(copy: Path, name: str) -> None:
    """Their tests are written by the page and look at runs, objects and refusals themselves."""
    RECIPES[name].perform(copy)
    [written] = [step for step in RECIPES[name].steps if isinstance(step, Write) and "/test_" in step.path]
    assert written.text.count("assert ") + written.text.count("pytest.raises") >= 3
    assert any(isinstance(step, Run) and written.path in step.command for step in RECIPES[name].steps)


@pytest.mark.parametrize("name", RECIPES)
def test_code_of_a_recipe_would_pass_lint(copy: Path, name: str) -> None:
    changes = [step for step in RECIPES[name].steps if isinstance(step, Write | Edit)]
    for change in changes:
        change.perform(copy)
    files = sorted({change.path for change in changes if change.path.endswith(".py")})
    for command in (["check"], ["format", "--check", "--diff"]):
        done = subprocess.run(
            [SCRIPTS / "ruff", *command, *files], cwd=copy, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


CHANGES = [
    (recipe.name, place)
    for recipe in RECIPES.values()
    for place, step in enumerate(recipe.steps)
    if isinstance(step, Write | Edit)
]


@pytest.mark.parametrize(("name", "left_out"), CHANGES)
def test_a_recipe_with_a_step_left_out_fails(copy: Path, name: str, left_out: int) -> None:
    steps = RECIPES[name].steps
    cut = Recipe(name=name, steps=(*steps[:left_out], *steps[left_out + 1 :]))
    with pytest.raises(RecipeFailed):
        cut.perform(copy)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Edit(path="pipeline/steps.py", old="no such line\n", new=""), "has 0 places, not 1"),
        (Write(path="README.md", text=""), "is there already"),
        (Run(command="python3 -c 'raise SystemExit(3)'", shown=()), "ended with 3"),
        (Run(command="echo 1 passed", shown=("2 passed",)), "did not print '2 passed'"),
    ],
)
def test_a_step_that_does_not_do_what_the_page_says_fails(tmp_path: Path, step: Edit | Write | Run, said: str) -> None:
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "steps.py").write_text("nothing\n")
    (tmp_path / "README.md").write_text("here\n")
    with pytest.raises(RecipeFailed, match=said):
        step.perform(tmp_path)


def test_a_fence_without_a_file_is_no_recipe() -> None:
    with pytest.raises(RecipeFailed, match="has no file"):
        recipes("## Add a thing\n\nSomewhere.\n\n```python\nx = 1\n```\n")
