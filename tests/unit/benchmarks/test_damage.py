"""Who judges readers must notice a wrong row, a lost one and one that cancels another out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import oracle
from benchmarks.damage import difference, truth_of
from benchmarks.damaged import DamagedFolder, damaged_folders
from benchmarks.shapes import SHAPES

FOLDER = DamagedFolder(
    shape="numeric", kind="overflow", files=(b"",), required=((1, "a"), (2, "b")), optional=((3, "c"),)
)


def test_what_was_never_in_the_file_is_wrong_and_what_is_missing_is_lost() -> None:
    found = difference(delivered=[(1, "a"), (9, "b")], required=FOLDER.required, optional=FOLDER.optional)

    assert (found.wrong, found.guessed, found.lost) == (Counter([(9, "b")]), Counter(), Counter([(2, "b")]))


def test_a_row_delivered_twice_is_wrong_once() -> None:
    found = difference(delivered=[*FOLDER.required, (1, "a")], required=FOLDER.required, optional=FOLDER.optional)

    assert found.wrong == Counter([(1, "a")])


def test_a_guess_is_no_lie_but_only_once() -> None:
    found = difference(
        delivered=[*FOLDER.required, (3, "c"), (3, "c")], required=FOLDER.required, optional=FOLDER.optional
    )

    assert (found.guessed.total(), found.wrong.total(), found.lost.total()) == (1, 1, 0)


def test_giving_up_loses_all_good_rows_and_tells_no_lie() -> None:
    truth = truth_of("duckdb", [FOLDER, FOLDER], [None, [(1, "a"), (2, "b"), (2, None)]])

    assert (truth.wrong, truth.lost, truth.folders_given_up) == (1, 2, 1)
    assert truth.wrong_by_kind == {"numeric: overflow": 1}


@pytest.mark.parametrize("values", [[(None, 1), ("", 1)], [(None, 0.0), (None, None)]])
def test_null_is_neither_empty_text_nor_zero(values: list[tuple]) -> None:
    one, other = values

    assert difference(delivered=[one], required=[other], optional=[]).wrong.total() == 1


@pytest.fixture(scope="module")
def folders() -> list[DamagedFolder]:
    return list(damaged_folders())


def test_no_two_rows_of_the_damaged_files_of_a_shape_are_alike(folders: list[DamagedFolder]) -> None:
    for shape in ("numeric", "text"):
        rows = [row for folder in folders if folder.shape == shape for row in folder.required]
        assert len(set(rows)) == len(rows) > 2000


def test_every_damaged_file_differs_from_its_clean_one_in_one_place_only(folders: list[DamagedFolder]) -> None:
    for folder in folders:
        assert len(folder.files) == 3
        for content in folder.files:
            lines = content.removesuffix(b"\n").split(b"\n")
            right = [line for line in lines[1:] if _row(line, folder.shape) in folder.required]
            assert len(lines) - 1 - len(right) <= 2, folder.kind


def _row(line: bytes, shape: str) -> object:
    try:
        return oracle.row(line, SHAPES[shape].columns)
    except (ValueError, KeyError, ArithmeticError):
        return None


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        ("a,b", [("a", False), ("b", False)]),
        ('"a,""b""",', [('a,"b"', True), ("", False)]),
        ("", [("", False)]),
        ('""', [("", True)]),
    ],
)
def test_fields_are_split_as_rfc_4180_has_it(record: str, fields: list[tuple[str, bool]]) -> None:
    assert oracle.split(record) == fields


@pytest.mark.parametrize("record", ['a"b', '"a', '"a"b', '"a" ,b', 'a,"'])
def test_a_badly_quoted_record_has_no_fields(record: str) -> None:
    with pytest.raises(ValueError, match="no well quoted field"):
        oracle.split(record)


def test_what_was_written_is_read_back_as_the_oracle_has_it(tmp_path: Path) -> None:
    columns = {"at": "timestamp", "x": "double", "m": "decimal(10,2)", "t": "string"}
    row = oracle.row(b'2024-02-29T23:59:59.5Z,NaN,1.5,"a""b"', columns)
    kinds = pa.schema(
        [("t", pa.string()), ("at", pa.timestamp("us", "UTC")), ("x", pa.float64()), ("m", pa.decimal128(10, 2))]
    )
    written = dict(zip(columns, row, strict=True)) | {"x": float("nan")}
    pq.write_table(pa.Table.from_pylist([written], schema=kinds), tmp_path / "a.parquet")

    assert oracle.rows_written([tmp_path / "a.parquet"], columns) == [row]
