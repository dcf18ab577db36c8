"""What is said in one place is said nowhere else: steps' names, and what many constructors take together."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from pipeline.steps import PIPELINE
from tests.checkout import ROOT

PARTS = ("config", "stacks", "lambdas", "dags", "lab")
OTHER_WORDS = {
    # A row for each job: the least that its role may do is decided by people.
    "stacks/access/job_needs.py": {step.name for step in PIPELINE.steps},
    # A command of the lab.
    "lab/cli.py": {"convert"},
    # The key under which a step's call of the publisher says what it has to say.
    "dags/csv_to_parquet.py": {"notify"},
    "lambdas/publish_outcome/requests.py": {"notify"},
    "stacks/rendering/state_machine.py": {"notify"},
}
MOST_ARGUMENTS = 7


def sources(*parts: str) -> Iterator[tuple[str, str]]:
    for part in parts:
        for path in sorted((ROOT / part).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def respelled(path: str, text: str) -> list[str]:
    """Steps' names that stand in the source as strings."""
    names = {step.name for step in PIPELINE.steps} - OTHER_WORDS.get(path, set())
    strings = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    return [f"{path}:{node.lineno} spells step {node.value}" for node in strings if node.value in names]


def long_constructors(path: str, text: str) -> list[str]:
    """Constructors with more arguments than are read at a glance, `self` not counted."""
    made = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
    counts = {node.lineno: len(node.args.args) + len(node.args.kwonlyargs) - 1 for node in made}
    return [f"{path}:{line} takes {count} arguments" for line, count in counts.items() if count > MOST_ARGUMENTS]


def test_no_part_spells_a_step_but_the_pipeline() -> None:
    found = [found for path, text in sources(*PARTS) for found in respelled(path, text)]
    assert found == []


def test_no_construct_takes_more_than_seven_arguments() -> None:
    found = [found for path, text in sources("stacks") for found in long_constructors(path, text)]
    assert found == []


@pytest.mark.parametrize("path", ["stacks/labs/lane.py", "lab/measure/cost.py", "dags/csv_to_parquet.py"])
def test_a_respelled_step_is_noticed(path: str) -> None:
    assert len(respelled(path, 'shared = [step for step in steps if step.name == "crawl_raw"]')) == 1


def test_a_long_constructor_is_noticed() -> None:
    assert len(long_constructors("x.py", "class A:\n    def __init__(self, a, b, c, *, d, e, f, g, h): ...")) == 1
