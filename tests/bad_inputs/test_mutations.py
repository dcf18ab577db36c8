"""The tests test: a reader in which one check is dropped or weakened is noticed by the fixed corpus and the oracle."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.oracle.mutations import MUTATIONS, Mutation

COPIED = ("strict_csv", "tests/oracle")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(ROOT / "strict_csv" / "core.c", tmp_path_factory.mktemp("core") / "core.so")


def compiled(source: Path, library: Path) -> Path:
    command = ["cc", "-O0", "-std=gnu11", "-fPIC", "-shared", "-o", str(library), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return library


def copied(place: Path) -> Path:
    """The reader and its oracle, by themselves, and nothing else to import them from."""
    for folder in COPIED:
        shutil.copytree(ROOT / folder, place / folder, ignore=shutil.ignore_patterns("*.so"))
    return place


def checked(place: Path, library: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.oracle.edge_check", str(library)],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_reader_as_it_is_passes(tmp_path: Path, library: Path) -> None:
    run = checked(copied(tmp_path), library)
    assert (run.returncode, run.stdout) == (0, "agreed\n"), run.stderr


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, library: Path) -> dict[str, subprocess.CompletedProcess[str]]:
    """What became of each damaged reader; as many at a time as there are cores."""

    def run(mutation: Mutation) -> subprocess.CompletedProcess[str]:
        place = copied(tmp_path_factory.mktemp("damaged"))
        source = place / "strict_csv" / mutation.file
        source.write_text(mutation.apply(source.read_text()))
        return checked(place, compiled(source, place / "core.so") if mutation.file == "core.c" else library)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip((m.name for m in MUTATIONS), pool.map(run, MUTATIONS), strict=True))


@pytest.mark.parametrize("name", [mutation.name for mutation in MUTATIONS])
def test_a_reader_with_a_check_less_is_noticed(name: str, runs: dict[str, subprocess.CompletedProcess[str]]) -> None:
    run = runs[name]
    assert run.stdout.startswith("file "), run.stdout + run.stderr[-500:]
    assert run.returncode != 0


@pytest.mark.parametrize("text", ["no such line", "return"])
def test_a_mutation_that_fits_nowhere_or_twice_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="update it"):
        Mutation("m", "f.py", text, "").apply("return 1\nreturn 2\n")
