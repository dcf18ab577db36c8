"""Which folder may import from which: no cycle, and every arrow stands in one list.

`folder_arrows.txt` has a line per folder, `folder: folder ...`. After an arrow was added or removed on purpose:
`.venv/bin/python -m tests.architecture.test_folder_arrows`.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tools.source_imports import source_imports

LIST = Path(__file__).with_name("folder_arrows.txt")
APART = {"tests", "tools", "benchmarks"}
Arrows = Mapping[str, frozenset[str]]


def modules(root: Path) -> Iterator[Path]:
    """Of every package of the product."""
    for package in sorted(root.iterdir()):
        if package.is_dir() and package.name not in APART and any(package.glob("*.py")):
            yield from sorted(package.rglob("*.py"))


def folder_of(name: str, folders: frozenset[str]) -> str | None:
    """The innermost folder that an imported name lies in; None for a name that is not ours."""
    while name and name not in folders:
        name = name.rpartition(".")[0]
    return name or None


def arrows(sources: Iterable[tuple[str, str]], folders: frozenset[str]) -> Arrows:
    """By folder, the other folders that its (folder, text) sources import from."""
    found: dict[str, set[str]] = defaultdict(set)
    for folder, text in sources:
        others = {folder_of(name, folders) for _, name in source_imports(text)}
        found[folder] |= {other for other in others if other and other != folder}
    return {folder: frozenset(others) for folder, others in found.items()}


def of_tree(root: Path) -> tuple[list[tuple[str, str]], frozenset[str]]:
    """Every source with its folder, and all folders."""
    files = list(modules(root))
    sources = [(".".join(file.relative_to(root).parent.parts), file.read_text()) for file in files]
    return sources, frozenset(folder for folder, _ in sources)


def cycle(of: Arrows) -> list[str]:
    """Folders that import each other in a circle, [] if none do."""
    try:
        TopologicalSorter(of).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def listed() -> Arrows:
    lines = (line.split(":") for line in LIST.read_text().splitlines())
    return {folder: frozenset(others.split()) for folder, others in lines}


def as_text(of: Arrows) -> str:
    return "".join(f"{folder}: {' '.join(sorted(of[folder]))}".rstrip() + "\n" for folder in sorted(of))


def test_every_arrow_between_folders_is_listed_and_none_goes_back() -> None:
    found = arrows(*of_tree(ROOT))
    assert cycle(found) == []
    assert as_text(found) == as_text(listed())


@pytest.mark.parametrize(
    ("folder", "text"),
    [
        ("stacks.constructs", "from stacks.labs.lane import Lane"),
        ("lake.deduplicate", "def late():\n    from lake.convert.job import ConversionJob"),
        ("strict_csv", "from lake import clients"),
        ("local_aws.asl.states", "import local_aws.asl.execution"),
    ],
)
def test_a_planted_back_arrow_is_noticed(folder: str, text: str) -> None:
    sources, folders = of_tree(ROOT)
    found = arrows([*sources, (folder, text)], folders)
    assert cycle(found) != []
    assert as_text(found) != as_text(listed())


if __name__ == "__main__":
    made = arrows(*of_tree(ROOT))
    if cycle(made):
        sys.exit(f"a cycle: {' -> '.join(cycle(made))}")
    LIST.write_text(as_text(made))
