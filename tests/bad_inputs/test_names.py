"""Class names: files of a folder are taken under exactly their name, or refused by name; none is skipped."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from lake.convert.directory import convert_directory
from tests.bad_inputs.converted import CONTRACT, Convert

DATA = b"id,name,fare\n1,a,1\nx,a,1\n"
TAKEN = [
    "sp ace.csv",
    "100%41.csv",
    unicodedata.normalize("NFC", "ünï.csv"),
    unicodedata.normalize("NFD", "ünï.csv"),
    "x=1/y.csv",
    "a'b\".csv",
    "a,b.csv",
    "UP.CSV",
    "new\nline.csv",
    "\x1b[31mred.csv",
    " lead.csv",
    "$(x)&;<b>.csv",
    "back\\slash.csv",
    "..a/b.csv".replace("..a", "a.."),
    "n" * 251 + ".csv",
    "/".join(["d" * 200] * 5) + "/a.csv",
]
REFUSED = [
    "_hidden.csv",
    ".hidden.csv",
    "part.csv.tmp",
    "a.csv~",
    "a.csv.crc",
    "_tmp/a.csv",
    ".git/a.csv",
    "csv",
    "a.txt",
]


def test_every_name_is_taken_or_refused_by_name(convert: Convert) -> None:
    found = convert(dict.fromkeys((*TAKEN, *REFUSED), DATA))
    status = {file["key"]: (file["reason"] or "").partition(":")[0] for file in found.ledger["files"]}
    assert status == dict.fromkeys(TAKEN, "") | dict.fromkeys(REFUSED, "NotCsv")
    assert sorted(row["file"] for row in found.quarantine) == sorted(TAKEN)
    assert found.rows == [(1, "a", 1.0)] * len(TAKEN)


def test_name_that_is_no_utf_8_is_refused_and_the_others_go_on(engine: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.csv").write_bytes(DATA)
    Path(os.fsdecode(os.fsencode(tmp_path / "in") + b"/caf\xe9.csv")).write_bytes(DATA)
    (tmp_path / "contract.yaml").write_text(CONTRACT)
    ledger = convert_directory(
        engine=engine,
        contract_path=tmp_path / "contract.yaml",
        input_dir=tmp_path / "in",
        output_dir=tmp_path / "out",
    )
    assert {file["key"]: file["status"] for file in ledger["files"]} == {
        "caf\udce9.csv": "refused",
        "good.csv": "converted",
    }
    assert ledger["rows_curated"] == 1


def test_nothing_is_written_outside_of_the_output_folder(convert: Convert, tmp_path: Path) -> None:
    convert(dict.fromkeys((*TAKEN, *REFUSED), DATA))
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out", "contract.yaml"}
    assert {path.name for path in (tmp_path / "out").iterdir()} <= {
        "curated",
        "quarantine",
        "ledger.json",
        ".ledger.lock",
    }


def test_what_is_no_file_is_refused_and_never_waited_for(engine: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "good.csv").write_bytes(DATA)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "far.csv").write_bytes(DATA)
    (folder / "linked.csv").symlink_to(tmp_path / "elsewhere" / "far.csv")
    (folder / "broken.csv").symlink_to(tmp_path / "nowhere.csv")
    (folder / "folder.csv").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(folder / "pipe.csv")
    (tmp_path / "contract.yaml").write_text(CONTRACT)
    ledger = convert_directory(
        engine=engine, contract_path=tmp_path / "contract.yaml", input_dir=folder, output_dir=tmp_path / "out"
    )
    named = {file["key"]: (file["reason"] or "").partition(":")[0] for file in ledger["files"]}
    assert named == {"good.csv": "", "linked.csv": ""} | dict.fromkeys(
        ("broken.csv", "folder.csv", "pipe.csv"), "NotCsv"
    )
    assert ledger["rows_curated"] == 2
