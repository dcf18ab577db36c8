"""What `lab convert` shows: progress, what was refused and quarantined, nothing new, and names that cannot do harm."""

from __future__ import annotations

from argparse import Namespace
from io import StringIO
from pathlib import Path

import pytest

from lab import convert
from lab.bytes_progress import Tenths, shown
from lab.clock import WALL
from lab.console import Console
from lab.local_home import LocalHome
from lab.plain_text import shown as harmless
from tests.unit.lake.replayed_folder import CONTRACT


class Terminal(StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


def said(root: Path, files: dict[str, bytes], contract: str = CONTRACT) -> str:
    for name, data in files.items():
        path = root / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (root / "contract.yaml").write_text(contract)
    console = Console(out=StringIO(), err=StringIO())
    given = Namespace(
        engine="single", contract=root / "contract.yaml", input=root / "in", output=root / "out", json=None
    )
    code = convert.command(given, console, LocalHome(root=root), WALL)
    said = console.err.getvalue()  # type: ignore[attr-defined]
    assert code == ("TooMuchRejected" in said)
    return console.out.getvalue()  # type: ignore[attr-defined]


GOOD = b"day,fare,name\n1,2,ann\n"


def test_clean_input_is_said_in_two_lines(tmp_path: Path) -> None:
    lines = said(tmp_path, {"a.csv": GOOD}).splitlines()
    assert lines[0] == "trips: 1 file taken, 0 refused; 1 row read, 1 curated, 0 quarantined"
    assert "engine single, read by the" in lines[1]
    assert len(lines) == 2


def test_second_run_says_that_nothing_is_new(tmp_path: Path) -> None:
    said(tmp_path, {"a.csv": GOOD})
    lines = said(tmp_path, {}).splitlines()
    assert lines[0] == "trips: nothing new, 1 file is in the ledger already"
    assert "1 row read, 1 curated, 0 quarantined" in lines[1]


def test_reasons_are_counted_over_files_and_the_first_place_is_named(tmp_path: Path) -> None:
    bad = b"day,fare,name\nx,1,a\nx,1,a\n"
    text = said(tmp_path, {"a.csv": GOOD, "b.csv": bad, "c.csv": bad})
    (line,) = [line for line in text.splitlines() if "value:day:bigint" in line]
    assert line.split()[0] == "4"
    assert "b.csv:2 (and 1 file more)" in line


def test_names_of_files_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    text = said(
        tmp_path, {"\x1b[31mred\nfake: 9 rows.csv": b"a;b\n1;2\n", "\x1b]0;t\x07.csv": b"day,fare,name\nx,1,a\n"}
    )
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "  \\x1b[31mred\\nfake: 9 rows.csv\n" in text
    assert "\\x1b]0;t\\x07.csv:2" in text


def test_many_refused_files_are_listed_up_to_a_limit(tmp_path: Path) -> None:
    text = said(tmp_path, {f"{number:02}.csv": b"" for number in range(23)})
    assert text.count("EmptyFile: ") == 20
    assert "and 3 more in ledger.json" in text


def test_file_that_waits_for_its_control_file_is_said(tmp_path: Path) -> None:
    text = said(tmp_path, {"a.csv": GOOD}, CONTRACT + "control_file: required\n")
    assert "Left where they are (1)" in text
    assert "  a.csv waits for its control file" in text


def test_many_that_wait_are_listed_up_to_a_limit(tmp_path: Path) -> None:
    text = said(tmp_path, {f"{number:02}.csv": GOOD for number in range(22)}, CONTRACT + "control_file: required\n")
    assert text.count("waits for its control file") == 20
    assert "and 2 more" in text


def test_progress_is_a_line_per_tenth_where_nobody_watches() -> None:
    console = Console(out=StringIO(), err=StringIO())
    seen = Tenths(console=console)
    for done in range(0, 1001):
        seen(done * 1000, 1_000_000)
    seen(2_000_000, 1_000_000)
    lines = console.err.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 11
    assert lines[-1] == "read 1.0 of 1.0 MB (100 %)"


def test_progress_is_a_bar_on_a_terminal() -> None:
    console = Console(out=StringIO(), err=Terminal())
    with shown(console) as seen:
        seen(500_000, 1_000_000)
        seen(3_000_000, 1_000_000)
    text = console.err.getvalue()  # type: ignore[attr-defined]
    assert "1.0/1.0 MB" in text
    assert "\x1b[" in text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain, ünï", "plain, ünï"),
        ("a\nb\r\t\0", "a\\nb\\r\\t\\x00"),
        ("back\\slash \\n", "back\\\\slash \\\\n"),
        (b"\xff\xc3\xa9\x1b[2J", "\\xffé\\x1b[2J"),
        ("\u202eright to left", "\\u202eright to left"),
        ("\u2028 \xa0 \x9b", "\\u2028 \\xa0 \\x9b"),
        ("x" * 400, "x" * 300 + "… (400 characters)"),
    ],
)
def test_what_others_wrote_is_one_printable_line(text: str | bytes, line: str) -> None:
    assert harmless(text) == line
    assert harmless(text).isprintable()
