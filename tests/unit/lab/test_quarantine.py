"""`lab quarantine` as it is typed: what it shows, what it leaves unsaid, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab import cli
from tests.unit.lake.replayed_folder import CONTRACT, Folder

FILES = {
    "a.csv": b"day,fare,name\n1,1.5,ann\n1,n/a,bob\n1,x\x1b[31m,dan\n2,2.5\n",
    "b.csv": b"day,fare,name\n1,n/a,eve\n",
}
MENDED = CONTRACT.replace("type: double, nullable: false", "type: double").replace('["NA"]', '["NA", "n/a"]')


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.convert(FILES)
    (tmp_path / "mended.yaml").write_text(MENDED)
    return folder


class Lab:
    """Types commands for one folder."""

    def __init__(self, folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder, self._capsys = folder, capsys

    def __call__(self, action: str, *options: str) -> tuple[int, str, str]:
        code = cli.main(["quarantine", action, "--output", str(self._folder.root / "out"), *options])
        said = self._capsys.readouterr()
        return code, said.out, said.err


@pytest.fixture
def lab(folder: Folder, capsys: pytest.CaptureFixture[str]) -> Lab:
    return Lab(folder, capsys)


def test_list_counts_by_file_and_reason(lab: Lab, folder: Folder) -> None:
    code, out, err = lab("list", "--json", str(folder.root / "list.json"))
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "4 rows of 2 files in quarantine"
    assert "ann" not in out
    found = json.loads((folder.root / "list.json").read_text())
    assert found["rows"] == 4
    assert {"file": "b.csv", "reason": "value:fare:double", "rows": 1, "line": 2} in found["groups"]


def test_explain_shows_rule_remedy_place_and_escaped_text(lab: Lab) -> None:
    code, out, _ = lab("explain", "--reason", "value:fare:double", "--limit", "2")
    assert code == 0
    assert out.startswith("value:fare:double: 3 rows, fare is not spelled as double\n")
    assert "a.csv, line 3, bytes 24 to 34" in out
    assert "1,x\\x1b[31m,dan" in out
    assert "fare is field 2 of 3: [n/a]" in out
    assert "and 1 more row" in out
    assert "\x1b" not in out


def test_explain_can_be_asked_for_one_file(lab: Lab) -> None:
    _, out, _ = lab("explain", "--file", "b.csv")
    assert "a.csv" not in out
    assert "b.csv, line 2" in out
    assert "no such row" in lab("explain", "--file", "c.csv")[1]
    assert lab("explain", "--limit", "0")[0] == 2


def test_replay_by_a_mended_contract_and_again(lab: Lab, folder: Folder) -> None:
    given = ("--contract", str(folder.root / "mended.yaml"), "--json", str(folder.root / "replay.json"))
    code, out, _ = lab("replay", *given)
    assert code == 0
    assert out.splitlines()[0] == "2 rows curated, 2 still in quarantine"
    assert json.loads((folder.root / "replay.json").read_text())["entry"]["rows_quarantined"] == -2
    code, out, _ = lab("replay", *given)
    assert (code, out.splitlines()[0]) == (0, "none of 2 rows is good now, nothing was changed")
    assert "2 rows of 1 file in quarantine" in lab("list")[1]
    folder.check()


def test_export_mend_and_replay_until_nothing_is_left(lab: Lab, folder: Folder) -> None:
    mend = folder.root / "mend"
    code, out, _ = lab("export", "--to", str(mend))
    assert (code, "0001-a.csv  3 rows of a.csv" in out) == (0, True)
    assert lab("export", "--to", str(mend))[0] == 2
    (mend / "0001-a.csv").write_bytes(b"day,fare,name\n1,3,bob\n1,z,dan\n2,2.5,\n")
    given = ("--contract", str(folder.root / "contract.yaml"), "--repaired", str(mend))
    _, out, _ = lab("replay", *given)
    assert out.splitlines()[0] == "2 rows curated, 2 still in quarantine"
    assert "0001-a.csv:3  fare is not spelled as double" in out
    _, out, _ = lab("replay", *given)
    assert "was replayed before, nothing was changed; 2 still in quarantine" in out
    again = folder.root / "again"
    lab("export", "--to", str(again))
    (again / "0001-a.csv").write_bytes(b"day,fare,name\n1,4,dan\n")
    (again / "0002-b.csv").write_bytes(b"day,fare,name\n1,5,eve\n")
    _, out, _ = lab("replay", "--contract", str(folder.root / "contract.yaml"), "--repaired", str(again))
    assert out.splitlines() == ["2 rows curated, 0 still in quarantine"]
    assert "no row is in quarantine" in lab("list")[1]
    assert len(folder.curated()) == 5
    folder.check()


def test_failures_are_named_and_end_with_one_usage_with_two(lab: Lab, folder: Folder) -> None:
    (folder.root / "other.yaml").write_text(CONTRACT.replace("fare", "price"))
    code, out, err = lab("replay", "--contract", str(folder.root / "other.yaml"))
    assert (code, out) == (1, "")
    assert "ContractChanged" in err
    code, _, err = lab("replay", "--contract", str(folder.root / "mended.yaml"), "--repaired", str(folder.root))
    assert (code, "RepairRefused" in err) == (1, True)
    assert lab("replay", "--contract", str(folder.root / "none.yaml"))[0] == 2
    assert cli.main(["quarantine", "list", "--output", str(folder.root)]) == 2


def test_help_tells_the_two_ways_out(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["quarantine", "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "the contract was wrong" in said
    assert "--repaired MENDED" in said
