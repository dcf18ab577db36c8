"""What users of this and other tools reported, each with an input of ours, as somebody types it: `lab convert`.

What is right is one of three: taken exactly, quarantined row by row with exit code 1 beyond the tolerance, or refused
by name with a message that says what to do. What a wider contract would take one day is refused here, and says so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lab import cli

HEAD = "dataset: t\ncolumns:\n"


def contract(*columns: str, rules: str = "") -> str:
    """Columns as `name type`, the type may hold further keys."""
    lines = [f"  - {{name: {name}, type: {kind}}}" for name, _, kind in (column.partition(" ") for column in columns)]
    return HEAD + "\n".join(lines) + "\n" + rules


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How `lab convert` ended, what it said, and what lies in curated and quarantine."""

    code: int
    said: str
    rows: list[tuple[Any, ...]]
    reasons: list[str]


class Lab:
    """Types `lab convert` in a folder of its own."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self._capsys = root, capsys

    def __call__(self, contract: str, files: dict[str, str]) -> Ended:
        for name, text in files.items():
            path = self.root / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        (self.root / "contract.yaml").write_text(contract)
        code = self.type("convert", "--engine", "single", *self.given(), "--output", str(self.root / "out"))
        rows = self._read("curated", "*", order="")
        reasons = [reason for (reason,) in self._read("quarantine", "reason", order="order by file, line")]
        return Ended(code=code, said=self.said, rows=rows, reasons=reasons)

    def given(self) -> tuple[str, ...]:
        return ("--contract", str(self.root / "contract.yaml"), "--input", str(self.root / "in"))

    def type(self, *arguments: str) -> int:
        code = cli.main(list(arguments))
        out = self._capsys.readouterr()
        self.said = out.out + out.err
        return code

    def _read(self, folder: str, columns: str, *, order: str) -> list[tuple[Any, ...]]:
        files = sorted(str(path) for path in (self.root / "out" / folder).rglob("*.parquet"))
        query = f"select {columns} from read_parquet({files}, hive_partitioning=false) {order}"
        return duckdb.connect().execute(query).fetchall() if files else []


@pytest.fixture
def lab(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Lab:
    return Lab(tmp_path, capsys)


def test_all_rows_quarantined_is_no_success(lab: Lab) -> None:
    ended = lab(contract("id bigint", "ok boolean"), {"a.csv": "id,ok\n1,yes\n2,no\n"})
    assert (ended.code, ended.rows, ended.reasons) == (1, [], ["value:ok:boolean"] * 2)
    assert "TooMuchRejected: t: 1 batch(es) held back" in ended.said
    again = lab(contract("id bigint", "ok boolean"), {})
    assert (again.code, "nothing new" in again.said) == (1, True)


def test_all_files_refused_is_no_success_and_each_is_named(lab: Lab) -> None:
    files = {"a.csv": "x\n1\n", "b.csv": "", "c.csv": "\0\0\0\0", "d.csv": "id\n"}
    ended = lab(contract("id bigint"), files)
    assert ended.code == 1
    for name in ("HeaderMismatch", "EmptyFile", "NotCsv", "NoRows"):
        assert f"    {name}: " in ended.said
    assert "TooMuchRejected: t: 4 file(s) refused" in ended.said
    again = lab(contract("id bigint"), {})
    assert (again.code, "4 files are in the ledger already, 4 of them refused" in again.said) == (1, True)


def test_mended_contract_and_retry_take_the_file_as_the_message_says(lab: Lab) -> None:
    ended = lab(contract("id bigint"), {"a.csv": "id,tip\n1,2\n"})
    assert ended.code == 1
    assert "not in the contract: the name(s) 'tip' at position 2" in ended.said
    assert "with since: 2 and version: 2, then have the file read again (`lab files retry`)" in ended.said
    assert lab.type("files", "retry", "--output", str(lab.root / "out")) == 0
    mended = lab(contract("id bigint", "tip bigint, since: 2", rules="version: 2\n"), {})
    assert (mended.code, mended.rows) == (0, [(1, 2)])


def test_two_bad_rows_of_a_hundred_are_let_in_by_accept_alone(lab: Lab) -> None:
    ended = lab(contract("id bigint"), {"a.csv": "id\n" + "1\n" * 98 + "x\ny\n"})
    assert ended.code == 1
    assert "2 of 100 rows are in quarantine (2.00%, tolerated 1.00%), of a.csv" in ended.said
    out = str(lab.root / "out")
    assert lab.type("quarantine", "accept", "--output", out) == 2, "no reason was given"
    assert lab.type("quarantine", "accept", "--output", out, "--reason", "a footer") == 0
    assert lab(contract("id bigint"), {}).code == 0


@pytest.mark.parametrize("bad", [0, 1])
def test_within_the_tolerance_is_a_success(lab: Lab, bad: int) -> None:
    assert lab(contract("id bigint"), {"a.csv": "id\n" + "1\n" * (100 - bad) + "x\n" * bad}).code == 0


def test_dates_of_any_year_are_taken_and_other_spellings_are_not(lab: Lab) -> None:
    days = ["0001-01-01", "1066-10-14", "1582-10-04", "1582-10-10", "1582-10-15", "2000-02-29", "9999-12-31"]
    bad = ["14.10.1066", "0000-01-01", "0000-00-00", "1900-02-29", "2024-01-01 00:00:00", "20240101", "24-01-01"]
    bad += ["01/02/2024", "2024-1-1", "45292"]
    ended = lab(contract("d date"), {"a.csv": "\n".join(["d", *days, *bad, ""])})
    assert [str(row[0]) for row in ended.rows] == days
    assert (ended.code, ended.reasons) == (1, ["value:d:date"] * len(bad))


def test_moments_before_1900_are_taken_and_offsets_are_not_yet(lab: Lab) -> None:
    good = ["0001-01-01T00:00:00", "1899-12-30 00:00:00", "1815-06-18T11:35:00.123456Z", "9999-12-31 23:59:59.999999"]
    bad = ["2024-01-01 00:00:00+02:00", "2024-01-01 00:00:00 UTC", "2024-01-01 00:00:00.1234567", "1704067200"]
    bad += ["2024-01-01 00:00:00+00", "2024-01-01T00:00:00+0000", "2024-01-01", "2024-01-01T00:00Z", "1704067200000"]
    bad += ["01/02/2024 03:04:05", "2016-12-31T23:59:60Z", "0000-00-00 00:00:00", "2024-01-01T24:00:00"]
    ended = lab(contract("at timestamp"), {"a.csv": "\n".join(["at", *good, *bad, ""])})
    assert len(ended.rows) == len(good)
    assert (ended.code, ended.reasons) == (1, ["value:at:timestamp"] * len(bad))


def test_backslash_quotes_are_set_aside_and_neighbours_stay(lab: Lab) -> None:
    text = 'id,doc\n1,"{""a"":1}"\n2,"{\\"a\\":1}"\n3,plain\n4,"C:\\dir\\"\n5,rocks\\,au\n'
    ended = lab(contract("id bigint", "doc string"), {"a.csv": text})
    assert ended.rows == [(1, '{"a":1}'), (3, "plain"), (4, "C:\\dir\\")]
    assert ended.reasons == ["quotes", "field_count"]
    lab.type("quarantine", "explain", "--output", str(lab.root / "out"))
    assert '    2,"{\\\\"a\\\\":1}"' in lab.said, "escaped for the terminal, a backslash too"


def test_column_of_our_own_is_refused(lab: Lab) -> None:
    ended = lab(contract("id bigint", "Batch_ID string"), {"a.csv": "id,batch_id\n1,x\n"})
    assert ended.code == 2
    assert "columns[1].name: 'Batch_ID', each table of the warehouse has a column batch_id of its own" in ended.said


def test_only_true_and_false_are_booleans(lab: Lab) -> None:
    text = "a,b\ntrue,1\nfalse,2\n,3\nTrue,4\nTRUE,5\nt,6\n1,7\nyes,8\n"
    ended = lab(contract("a boolean", "b bigint"), {"a.csv": text})
    assert (ended.rows, ended.reasons) == ([(True, 1), (False, 2), (None, 3)], ["value:a:boolean"] * 5)


@pytest.mark.parametrize("name", ["Passenger Name", "sepal.length", "Country/Region", "Größe", "2013", "a-b"])
def test_name_that_cannot_be_said_is_refused_with_what_can(lab: Lab, name: str) -> None:
    ended = lab(contract(f'"{name}" string'.replace(" ", "\u00a0", name.count(" "))), {"a.csv": f"{name}\n1\n"})
    assert ended.code == 2
    assert "use letters (a to z), digits and _, no digit first, at most 127" in ended.said


def test_line_ends_in_quotes_are_exact(lab: Lab) -> None:
    rules = "newlines: allowed\n"
    ended = lab(contract("id bigint", "s string", rules=rules), {"a.csv": 'id,s\n1,"a\r\nb"\n2,"a\nb"\n3,"a\rb"\n'})
    assert (ended.code, ended.rows) == (0, [(1, "a\r\nb"), (2, "a\nb"), (3, "a\rb")])


def test_json_in_doubled_quotes_is_exact(lab: Lab) -> None:
    doc = {"a": 'x "y"', "b": [1, None], "c": "\n"}
    quoted = json.dumps(doc, indent=1).replace('"', '""')
    text = f'doc\n"{quoted}"\n"{{}}"\n""""""\n""""\n'
    ended = lab(contract("doc string", rules="newlines: allowed\n"), {"a.csv": text})
    assert json.loads(ended.rows[0][0]) == doc
    assert [row[0] for row in ended.rows[1:]] == ["{}", '""', '"']


def test_footer_is_set_aside(lab: Lab) -> None:
    ended = lab(contract("id bigint", "x double"), {"a.csv": "id,x\n1,2\n3,4\nTotal,6\n(2 rows affected)\n"})
    assert (ended.code, len(ended.rows), ended.reasons) == (1, 2, ["value:id:bigint", "field_count"])


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("id, name , x", "the name(s) at position 2, 3 differ from the contract's by blanks only"),
        ('"id","name" ,"x"', "the header's quotes do not match"),
        ("id,name,x,", "position 4 has no name: a separator too many"),
        (",id,name,x", "position 1 has no name"),
        ("sep=,", "the first line is the sep= that a spreadsheet reads"),
        ("id,id,x", "there twice: id"),
    ],
)
def test_header_says_what_is_seen(lab: Lab, header: str, said: str) -> None:
    ended = lab(contract("id bigint", "name string", "x double"), {"a.csv": f"{header}\n1,a,2\n"})
    assert (ended.code, "HeaderMismatch" in ended.said) == (1, True)
    assert said in ended.said


def test_value_in_a_folders_name_is_said_to_be_dropped(lab: Lab) -> None:
    ended = lab(contract("a bigint"), {"year=2024/a.csv": "a\n1\n"})
    assert (ended.code, ended.rows) == (0, [(1,)])
    assert "What folders say (year=...) is not read, only what the files say: it is dropped." in ended.said


def test_text_that_no_varchar_holds_is_set_aside(lab: Lab) -> None:
    long = {"a.csv": f"id,note\n1,{'x' * 65_535}\n2,{'x' * 65_536}\n3,{'é' * 32_768}\n4,\n"}
    ended = lab(contract("id bigint", "note string"), long)
    assert (ended.code, [row[0] for row in ended.rows]) == (1, [1, 4])
    assert ended.reasons == ["too_long:note:65535"] * 2


def test_null_tokens_are_of_all_columns(lab: Lab) -> None:
    """The text 0000-00-00 in a string column is null too: null_values per column is for a wider contract."""
    rules = 'null_values: ["-999", "0000-00-00"]\n'
    text = 'id,d,s\n-999,0000-00-00,-999\n5,2024-01-01,0000-00-00\n6,0000-00-00,"0000-00-00"\n'
    ended = lab(contract("id bigint", "d date", "s string", rules=rules), {"a.csv": text})
    assert (ended.code, [row[0] for row in ended.rows]) == (0, [None, 5, 6])
    assert [row[2] for row in ended.rows] == [None, None, "0000-00-00"], "a quoted text is never null"


def test_leading_zeros_are_no_numbers(lab: Lab) -> None:
    ended = lab(
        contract("b bigint", "d double", 'm "decimal(8,2)"'),
        {"a.csv": "b,d,m\n1,0.5,0.50\n1,007.5,1\n1,1,00\n-0,1,1\n1,-0,-0\n"},
    )
    assert ended.reasons == ["value:d:double", "value:m:decimal(8,2)", "value:b:bigint"]
    assert len(ended.rows) == 2


def test_partition_of_a_name_with_capitals_has_a_folder_in_lower_case(lab: Lab) -> None:
    rules = "partition_by: [Region]\n"
    columns = contract("Region string, nullable: false", "id bigint", rules=rules)
    ended = lab(columns, {"a.csv": "Region,id\nEMEA,1\n00501,2\n"})
    folders = sorted(path.name for path in (lab.root / "out" / "curated").iterdir())
    assert (ended.code, folders) == (0, ["region_part=00501", "region_part=EMEA"])
    assert sorted(ended.rows) == [("00501", 2), ("EMEA", 1)], "text stays text"


def test_quoted_empty_number_is_not_advised_what_the_contract_refuses(lab: Lab) -> None:
    ended = lab(contract("id bigint", "qty bigint"), {"a.csv": '"id","qty"\n"1","5"\n"2",""\n'})
    assert ended.reasons == ["value:qty:bigint"]
    lab.type("quarantine", "explain", "--output", str(lab.root / "out"))
    assert "a quoted field is never null" in lab.said


def test_separator_at_the_end_of_rows_sets_them_aside(lab: Lab) -> None:
    ended = lab(contract("id bigint", "x double"), {"a.csv": "id,x\n1,1.5,\n2,2.5,\n"})
    assert (ended.code, ended.reasons) == (1, ["field_count"] * 2)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("{name: a, type: decimal(8,2)}", 'put decimal(p,s) in quotes: type: "decimal(8,2)"'),
        ("{name: no, type: string}", "put the name in quotes"),
        ("{name: on, type: string}", "YAML reads no, off, yes and on as true or false"),
    ],
)
def test_trap_of_yaml_is_named(lab: Lab, column: str, said: str) -> None:
    ended = lab(f"{HEAD}  - {column}\n", {"a.csv": "a\n1\n"})
    assert ended.code == 2
    assert said in ended.said
    assert ended.said.count("\n  - ") == 1, "one trap is one problem"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("escape: backslash", "escape: unknown key: there is no such rule, a quote within a quoted text is doubled"),
        ("quoted_null: true", "quoted_null: unknown key: there is no such rule, a quoted field is a text and never"),
        ("trim: true", "trim: unknown key: there is no such rule, blanks are part of a name and of a value"),
        ('header: ["Passenger Name"]', "header: unknown key: there is no such rule, the first line of a file has"),
        ("footer: 2", "footer: unknown key: there is no such rule, every line behind the header is a row"),
        ("from_path: [year]", "from_path: unknown key: there is no such rule, what folders of the input say is not"),
        ('true_values: ["yes"]', "true_values: unknown key: there is no such rule, a boolean is spelled true or false"),
        ('delimiter: ";"', "delimiter: unknown key: there is no such rule, fields are separated by commas"),
        ("encoding: latin1", "encoding: unknown key: there is no such rule, files are UTF-8"),
        ("partitionby: [a]", "partitionby: unknown key, did you mean 'partition_by'? known are columns, control_file"),
    ],
)
def test_rule_of_a_wider_contract_is_refused_with_what_is_done_instead(lab: Lab, rule: str, said: str) -> None:
    ended = lab(contract("a bigint", rules=f"{rule}\n"), {"a.csv": "a\n1\n"})
    assert (ended.code, ended.rows) == (2, [])
    assert f"contract.yaml: {said}" in ended.said


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ('date, null_values: ["0000-00-00"]', "columns[0].null_values: unknown key here: it is of all columns"),
        ('date, format: "%d.%m.%Y"', "columns[0].format: unknown key: there is no such rule, a boolean is spelled"),
        ("text", "columns[0].type: 'text', use string"),
        ("varchar(20)", "columns[0].type: 'varchar(20)', use string, with max_bytes: 20"),
        ("int", "columns[0].type: 'int', use bigint"),
        ("float", "columns[0].type: 'float', use double"),
        ("timestamptz", "columns[0].type: 'timestamptz', use timestamp"),
        ('"decimal(10, 2)"', 'write both numbers, no blank, and quotes around all: type: "decimal(10,2)"'),
        ("decimal", 'write both numbers, no blank, and quotes around all: type: "decimal(18,2)"'),
        ('"decimal(39,2)"', "use decimal(p,s) with p from 1 to 38 digits"),
        ("money", "columns[0].type: 'money', use string, bigint, double, boolean, date, timestamp or decimal(p,s)"),
    ],
)
def test_type_of_another_tool_is_answered_with_ours(lab: Lab, column: str, said: str) -> None:
    ended = lab(contract(f"a {column}"), {"a.csv": "a\n1\n"})
    assert (ended.code, said in ended.said) == (2, True), ended.said


def test_dataset_with_a_blank_is_named_with_what_can_be_said(lab: Lab) -> None:
    ended = lab(contract("a bigint").replace("dataset: t", "dataset: Order Items"), {"a.csv": "a\n1\n"})
    assert ended.code == 2
    assert "dataset: 'Order Items', name it with small letters (a to z), digits and _, a letter first" in ended.said


def test_every_way_out_is_said_as_it_can_be_typed(lab: Lab) -> None:
    """A folder has nothing to deploy."""
    noisy = "id,s\n" + "1,a\n" * 9 + "x,a\n"
    files = {"gained.csv": "id,s,tip\n1,a,2\n", "noisy.csv": noisy, "long.csv": f"id,s\n1,{'x' * 70_000}\n"}
    ended = lab(contract("id bigint", "s string"), files)
    out = lab.root / "out"
    assert (ended.code, sorted(ended.reasons)) == (1, ["too_long:s:65535", "value:id:bigint"])
    [last] = [line for line in ended.said.splitlines() if line.startswith("lab convert: TooMuchRejected")]
    assert "gained.csv: HeaderMismatch" in last
    assert "2 of 11 rows are in quarantine (18.18%, tolerated 1.00%), of " in last
    assert f"or mend the contract and `lab files retry --output {out}`, or leave them out with `accept`" in last
    assert f"`lab quarantine explain --output {out}`, then `replay` or `accept`" in last
    assert "deploy" not in last


def test_file_that_was_mended_is_spoken_of_no_more(lab: Lab) -> None:
    assert lab(contract("id bigint"), {"a.csv": "nr\n1\n"}).code == 1
    mended = lab(contract("id bigint"), {"a.csv": "id\n1\n"})
    assert (mended.code, mended.rows) == (0, [(1,)])
    assert "A refused file is read again" not in mended.said
    again = lab(contract("id bigint"), {})
    assert (again.code, "refused" in again.said) == (0, False)
