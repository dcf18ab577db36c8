"""Classes structure, names, injection, duplicates and scale, at the edges that the taxi damage does not reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bad_inputs.converted import CONTRACT, Convert
from tests.bad_inputs.peak_memory import peak_kib

HEADER = b"id,name,fare\n"


def test_neighbours_of_damage_are_intact(convert: Convert) -> None:
    found = convert({"a.csv": HEADER + b'1,a,1\n2,"b,2\n3,c,3\n4,d"d,4\n5,"e""e",5\n'})
    assert found.rows == [(1, "a", 1.0), (3, "c", 3.0), (5, 'e"e', 5.0)]
    assert [(row["line"], row["reason"]) for row in found.quarantine] == [(3, "quotes"), (5, "quotes")]


def test_unclosed_quote_at_the_end_of_the_file_costs_one_row(convert: Convert) -> None:
    found = convert({"a.csv": HEADER + b'1,a,1\n2,"b'})
    assert found.rows == [(1, "a", 1.0)]
    assert found.quarantine[0]["raw"] == b'2,"b'


def test_empty_last_field_after_a_quoted_one_is_null(convert: Convert) -> None:
    assert convert({"a.csv": HEADER + b'1,"a",'}).rows == [(1, "a", None)]


def test_block_that_begins_with_a_byte_order_mark_keeps_it(convert: Convert) -> None:
    contract = "dataset: d\ncolumns: [{name: a, type: string}]\n"
    assert convert({"a.csv": b"a\n\xef\xbb\xbfx\n"}, contract=contract).rows == [("\ufeffx",)]


def test_newlines_in_quotes_where_allowed(convert: Convert) -> None:
    found = convert({"a.csv": HEADER + b'1,"a\nb",1\nx,"c\n\n",2\n3,d,3\n'}, contract=CONTRACT + "newlines: allowed\n")
    assert found.rows == [(1, "a\nb", 1.0), (3, "d", 3.0)]
    assert [(row["line"], row["reason"]) for row in found.quarantine] == [(4, "value:id:bigint")]


@pytest.mark.parametrize("bad", [b'2,"b,2\n', b'2,b"b,2\n', b'2,"b"b,2\n'])
def test_bad_quote_refuses_the_file_where_newlines_are_allowed(bad: bytes, convert: Convert) -> None:
    files = {"a.csv": HEADER + b"1,a,1\n" + bad + b"3,c,3\n", "b.csv": HEADER + b"9,z,9\n"}
    found = convert(files, contract=CONTRACT + "newlines: allowed\n")
    assert found.file("a.csv")["reason"].startswith("DialectMismatch: ")
    assert found.rows == [(9, "z", 9.0)]


def test_record_beyond_the_limit_refuses_its_file(convert: Convert) -> None:
    files = {"long.csv": HEADER + b"1," + b"x" * 3000 + b",1\n", "ok.csv": HEADER + b"2," + b"y" * 900 + b",2\n"}
    found = convert(files, contract=CONTRACT + "max_record_bytes: 1024\n")
    assert found.file("long.csv")["reason"].startswith("TooLarge: ")
    assert [row[0] for row in found.rows] == [2]


def test_injection_is_stored_byte_exact(convert: Convert) -> None:
    cells = ["=1+1", "+1", "-1", "@x", "<script>", "a\u2028b", "\x1b[31m"]
    body = "".join(f"{place},{cell},1\n" for place, cell in enumerate(cells)).encode()
    assert [row[1] for row in convert({"a.csv": HEADER + body}).rows] == cells


def test_many_tiny_files_share_outputs(convert: Convert) -> None:
    found = convert({f"{n:03d}.csv": HEADER + f"{n},a,1\n".encode() for n in range(200)})
    assert [row[0] for row in found.rows] == list(range(200))
    assert len(found.ledger["outputs"]) <= 4


def test_two_hundred_columns(convert: Convert) -> None:
    columns = "\n".join(f"  - {{name: c{n}, type: bigint}}" for n in range(200))
    header = ",".join(f"c{n}" for n in range(200)).encode() + b"\n"
    row = ",".join(str(n) for n in range(200)).encode() + b"\n"
    found = convert({"wide.csv": header + row * 50 + b"1,2\n"}, contract=f"dataset: wide\ncolumns:\n{columns}\n")
    assert found.rows == [tuple(range(200))] * 50
    assert found.reasons == ["field_count"]


def test_partition_values_are_coded_and_never_empty(convert: Convert) -> None:
    contract = (
        "dataset: d\npartition_by: [p]\ncolumns: [{name: p, type: string, nullable: false}, {name: x, type: bigint}]\n"
    )
    found = convert({"a.csv": 'p,x\na/b,1\n"",2\nü=x,3\n'.encode()}, contract=contract)
    assert sorted(found.rows) == [("a/b", 1), ("ü=x", 3)]
    assert found.reasons == ["empty_partition:p"]


def test_a_partition_value_that_can_name_no_folder_is_set_aside_alone(convert: Convert) -> None:
    contract = (
        "dataset: d\npartition_by: [p]\ncolumns: [{name: p, type: string, nullable: false}, {name: x, type: bigint}]\n"
    )
    longest = "é" * 41  # coded, with its folder's name, 253 bytes
    lines = f"{longest},1\n{longest}aa,2\n__HIVE_DEFAULT_PARTITION__,3\n"
    found = convert({"a.csv": f"p,x\n{lines}".encode()}, contract=contract)
    assert found.rows == [(longest, 1)]
    assert found.reasons == ["unfit_partition:p"] * 2


def test_one_line_of_200_mb_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with (tmp_path / "in" / "long.csv").open("wb") as file:
        file.write(HEADER + b"1,")
        for _ in range(200):
            file.write(b"x" * 1_000_000)
        file.write(b",1\n")
    (tmp_path / "contract.yaml").write_text(CONTRACT)
    assert peak_kib(tmp_path, "l['files'][0]['reason'].startswith('TooLarge')") < 150 * 1024


def test_millions_of_blank_lines_are_set_aside_in_bounded_memory(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "blank.csv").write_bytes(HEADER + b"1,a,1\n" + b"\n" * 4_000_000)
    (tmp_path / "contract.yaml").write_text(CONTRACT)
    assert peak_kib(tmp_path, "(l['rows_curated'], l['rows_quarantined']) == (1, 4_000_000)") < 500 * 1024
