"""strict_csv works by itself: in a folder where nothing else of the project is, by its README's words."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from strict_csv.__main__ import main
from tests.checkout import ROOT

PAGE = (ROOT / "strict_csv" / "README.md").read_text()
CONTRACT = re.search(r'parse_contract\("""\n(.*?)"""\)', PAGE, re.S)
GOOD = "carrier,name\nAA,American\n"
DAMAGED = "carrier,name\nAA,American\none\nDL,Delta\n"


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "strict_csv", tmp_path / "strict_csv")
    assert CONTRACT is not None
    (tmp_path / "contract.yaml").write_text(CONTRACT[1])
    return tmp_path


def python(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=place, env={}, capture_output=True, text=True, timeout=60, check=False
    )


def test_command_says_what_the_readme_shows(alone: Path) -> None:
    (alone / "airlines.csv").write_text(DAMAGED)
    ran = python(alone, "-m", "strict_csv", "contract.yaml", "airlines.csv")
    shown = PAGE.split("$ python -m strict_csv contract.yaml airlines.csv\n")[1].split("```")[0]
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, shown, "")


def test_code_of_the_readme_runs(alone: Path) -> None:
    (alone / "airlines.csv").write_text(DAMAGED)
    ran = python(alone, "-c", PAGE.split("```python\n")[1].split("```")[0])
    assert (ran.stdout, ran.stderr) == ("2 rows\n3 field_count b'one'\n", "")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (GOOD, 0, "1 rows taken, 0 rejected"),
        (DAMAGED, 1, "2 rows taken, 1 rejected"),
        ("carrier,nme\nAA,American\n", 1, "refused, no row is taken: HeaderMismatch"),
        ("", 1, "refused, no row is taken: EmptyFile"),
    ],
)
def test_only_what_is_taken_whole_is_a_success(
    alone: Path, capsys: pytest.CaptureFixture[str], text: str, code: int, said: str
) -> None:
    file, good = alone / "a.csv", alone / "good.csv"
    file.write_text(text)
    good.write_text(GOOD)
    assert main([str(alone / "contract.yaml"), str(file), str(good)]) == code
    assert said in capsys.readouterr().out


def test_many_rejected_records_are_counted_and_the_first_are_shown(
    alone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = alone / "a.csv"
    file.write_text("carrier,name\n" + "x\n" * 30)
    assert main([str(alone / "contract.yaml"), str(file), "--limit", "2"]) == 1
    out = capsys.readouterr().out
    assert out.count("  line ") == 2
    assert "and 28 more" in out


def test_what_can_not_be_read_is_named(alone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contract = str(alone / "contract.yaml")
    assert main([contract, str(alone / "none.csv")]) == 2
    assert "none.csv" in capsys.readouterr().err
    assert main([str(alone / "none.yaml"), contract]) == 2
    assert "ContractInvalid" in capsys.readouterr().err
