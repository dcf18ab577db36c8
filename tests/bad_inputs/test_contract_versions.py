"""A producer that is ahead of or behind the contract: old headers are taken, anything else is shown and refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake.convert.directory import convert_directory
from lake.convert.local_spark import local_session
from pipeline.errors import ContractChanged
from tests.bad_inputs.converted import CONTRACT, Convert

SECOND = CONTRACT + "  - {name: tip, type: 'decimal(8,2)', since: 2}\nversion: 2\n"
THIRD = SECOND.replace("version: 2", "  - {name: note, type: string, since: 3}\nversion: 3")
TAKEN = {
    "first.csv": b"id,name,fare\n1,ann,1.5\n",
    "first_reordered.csv": b"FARE,id,Name\n2.5,2,bob\n",
    "second.csv": b"id,name,fare,tip\n3,cid,3.5,0.50\n",
    "third_reordered.csv": b"note,tip,id,name,fare\nhi,NA,4,dan,4.5\n",
}
ROWS = [
    (1, "ann", 1.5, None, None),
    (2, "bob", 2.5, None, None),
    (3, "cid", 3.5, 0.5, None),
    (4, "dan", 4.5, None, "hi"),
]
REFUSED = {
    "skips.csv": (b"id,name,fare,note\n1,ann,1.5,x\n", "compared with version 3: missing: tip; change the file's"),
    "renamed.csv": (
        b"id,name,fare,gratuity\n1,a,1.5,1.00\n",
        "not in the contract: the name(s) 'gratuity' at position 4",
    ),
    "renamed_early.csv": (
        b"id,title,fare\n1,a,1.5\n",
        "missing: name; not in the contract: the name(s) at position 2",
    ),
    "removed.csv": (b"id,fare\n1,1.5\n", "compared with version 1: missing: name; change the file's header"),
    "ahead.csv": (b"id,name,fare,tip,note,mood\n1,a,1.5,1.00,x,y\n", "with since: 4 and version: 4"),
    "no_header.csv": (b"1,ann,1.5\n", "is the header missing?"),
    "semicolons.csv": (b"id;name;fare\n1;ann;1.5\n", "DialectMismatch: fields are separated by semicolons"),
}


def test_files_of_every_version_are_taken_and_what_they_lack_is_null(convert: Convert) -> None:
    found = convert(TAKEN, contract=THIRD)
    assert [(*row[:3], None if row[3] is None else float(row[3]), row[4]) for row in found.rows] == ROWS
    assert found.quarantine == []


def test_rows_of_an_old_header_are_judged_by_its_columns(convert: Convert) -> None:
    found = convert({"old.csv": b"id,name,fare\n1,ann,1.5,0.50\n2,bob\nx,cid,3.5\n4,dan,4.5\n"}, contract=SECOND)
    assert found.rows == [(4, "dan", 4.5, None)]
    assert found.reasons == ["field_count", "field_count", "value:id:bigint"]


def test_other_headers_are_refused_with_the_difference_and_the_way_out(convert: Convert) -> None:
    found = convert(
        {name: data for name, (data, _) in REFUSED.items()} | {"good.csv": TAKEN["first.csv"]}, contract=THIRD
    )
    for name, (_, said) in REFUSED.items():
        assert said in found.file(name)["reason"], found.file(name)["reason"]
    assert found.rows == ROWS[:1]
    assert "'title'" not in str(found.ledger), "a line that lacks a column may be no header, and is not shown"
    assert "position 2 is where the contract has name: renamed?" in found.file("renamed_early.csv")["reason"]


def test_later_files_follow_a_later_contract_and_earlier_rows_stay(convert: Convert) -> None:
    first = convert({"first.csv": TAKEN["first.csv"]})
    assert (first.ledger["contract_version"], [c["name"] for c in first.ledger["schema"]]) == (
        1,
        ["id", "name", "fare"],
    )
    second = convert({"second.csv": TAKEN["second.csv"]}, contract=SECOND)
    assert second.ledger["contract_version"] == 2
    assert [c["name"] for c in second.ledger["schema"]] == ["id", "name", "fare", "tip"]


@pytest.mark.parametrize(
    ("now", "difference"),
    [
        (CONTRACT.replace("fare", "price"), "- fare double\n  + price double (renamed?"),
        (CONTRACT.replace("double", "string"), "- fare double\n  + fare string"),
        (CONTRACT + "  - {name: tip, type: string}\n", "+ tip string"),
    ],
)
def test_another_contract_changes_nothing(now: str, difference: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "first.csv").write_bytes(TAKEN["first.csv"])
    contract = tmp_path / "contract.yaml"

    def run() -> None:
        convert_directory(
            engine="single", contract_path=contract, input_dir=tmp_path / "in", output_dir=tmp_path / "out"
        )

    contract.write_text(CONTRACT)
    run()
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    (tmp_path / "in" / "more.csv").write_bytes(TAKEN["first_reordered.csv"])
    contract.write_text(now)
    with pytest.raises(ContractChanged) as failure:
        run()
    assert difference in str(failure.value)
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before


def test_spark_reads_all_versions_as_one_table(convert: Convert, tmp_path: Path) -> None:
    convert({"first.csv": TAKEN["first.csv"]})
    convert({"late.csv": TAKEN["first_reordered.csv"], "second.csv": TAKEN["second.csv"]}, contract=SECOND)
    curated = str(tmp_path / "out" / "curated")
    spark = local_session()
    merged = spark.read.option("mergeSchema", "true").parquet(curated)
    assert dict(merged.dtypes) == {"id": "bigint", "name": "string", "fare": "double", "tip": "decimal(8,2)"}
    said = spark.read.schema("id bigint, name string, fare double, tip decimal(8,2)").parquet(curated)
    due = [(1, "ann", 1.5, None), (2, "bob", 2.5, None), (3, "cid", 3.5, Decimal("0.50"))]
    for frame in (merged, said):
        assert [tuple(row) for row in frame.select("id", "name", "fare", "tip").orderBy("id").collect()] == due


def test_spark_notices_a_file_of_another_type(convert: Convert, tmp_path: Path) -> None:
    convert({"first.csv": TAKEN["first.csv"]})
    pq.write_table(pa.table({"id": ["9"], "name": ["eve"], "fare": [1.5]}), tmp_path / "out" / "curated" / "x.parquet")
    with pytest.raises(Exception, match=r"Failed to merge|CANNOT_MERGE"):
        local_session().read.option("mergeSchema", "true").parquet(str(tmp_path / "out" / "curated")).collect()
