"""What `pip install .[reader]` gives: the reader with its compiled core, alone, and nothing that it does not need."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.checkout import ROOT
from tests.infrastructure.checkouts import checkout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built in a copy of the tree, without the network."""
    place = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-index", "--no-build-isolation", "--no-deps", "."]
    subprocess.run([*command, "-q", "-w", str(place)], cwd=checkout(place / "copy"), check=True, timeout=120)
    (found,) = place.glob("*.whl")
    return found


def test_the_reader_needs_three_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        requires = Parser().parsestr(archive.read(name).decode()).get_all("Requires-Dist", [])
    needs = [Requirement(one) for one in requires]
    of = {
        extra: {one.name for one in needs if one.marker is None or one.marker.evaluate({"extra": extra})}
        for extra in ("", "reader")
    }
    assert of == {"": set(), "reader": {"numpy", "pyarrow", "pyyaml"}}


def test_only_the_two_libraries_are_installed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"strict_csv", "local_aws"}
    assert {"strict_csv/py.typed", "local_aws/py.typed", "strict_csv/core.c"} <= set(names)
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "strict_csv").rglob("*.py")}
    assert sources <= set(names)


def test_the_installed_command_reads_with_the_compiled_core(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    (tmp_path / "contract.yaml").write_text("dataset: a\ncolumns:\n  - {name: id, type: bigint}\n")
    (tmp_path / "a.csv").write_text("id\n1\nx\n")
    program = (
        "import sys; from strict_csv.core import load_core, reader_name; print(reader_name(load_core()));"
        "from strict_csv.__main__ import main; sys.exit(main(['contract.yaml', 'a.csv']))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout.splitlines()[:2] == ["compiled core", "a.csv: 1 rows taken, 1 rejected"]
