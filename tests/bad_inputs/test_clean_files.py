"""Clean files of random contracts: both engines' rows are those that DuckDB reads, EXCEPT ALL empty both ways."""

from __future__ import annotations

from pathlib import Path
from random import Random

import duckdb
import pytest
import yaml

from lake.convert.directory import convert_directory
from strict_csv.contract import Contract
from tests.oracle.cells import random_cell
from tests.oracle.rfc4180 import Wrong
from tests.oracle.values import value_of

FILES, RECORDS = 3, 200
KINDS = ("string", "bigint", "double", "decimal(9,3)", "decimal(30,8)", "boolean", "date", "timestamp")
NULL = "NA"


def random_mapping(seed: int, newlines: str) -> dict[str, object]:
    chance = Random(seed)
    kinds = [*KINDS, *chance.choices(KINDS, k=4)]
    chance.shuffle(kinds)
    columns = [
        {"name": f"c{place}", "type": kind, "nullable": place > 0 and chance.randrange(3) > 0}
        for place, kind in enumerate(kinds)
    ]
    return {"dataset": "clean", "newlines": newlines, "null_values": [NULL], "columns": columns}


def clean_file(chance: Random, contract: Contract) -> bytes:
    lines = [",".join(contract.column_names)]
    for _ in range(RECORDS):
        lines.append(",".join(clean_field(chance, contract, name) for name in contract.column_names))
    line_end = chance.choice(("\n", "\r\n"))
    return (line_end.join(lines) + line_end).encode()


def clean_field(chance: Random, contract: Contract, name: str) -> str:
    """A good value, quoted or not, or null."""
    column = contract.column(name)
    if column.nullable and chance.randrange(5) == 0:
        return chance.choice(("", NULL))
    while True:
        text = random_cell(chance, column.type, newlines=contract.newlines == "allowed")
        try:
            value_of(text, column.type)
        except Wrong:
            continue
        must = not text or text == NULL or any(odd in text for odd in '",\r\n')
        return '"' + text.replace('"', '""') + '"' if must or chance.randrange(4) == 0 else text


def as_duckdb_reads(folder: Path, contract: Contract) -> str:
    """A query of the CSV files, all text, cast by DuckDB to the contract's types."""
    types = {"string": "varchar"}
    cast = ", ".join(f"cast({c.name} as {types.get(c.type, c.type)}) as {c.name}" for c in contract.columns)
    rules = f"header=true, all_varchar=true, nullstr=['', '{NULL}'], allow_quoted_nulls=false, quote='\"', escape='\"'"
    columns = ", ".join(f"'{name}': 'varchar'" for name in contract.column_names)
    return f"select {cast} from read_csv('{folder}/*.csv', {rules}, columns={{{columns}}}, auto_detect=false)"


@pytest.mark.parametrize(("seed", "newlines"), [(1, "forbidden"), (2, "allowed")])
def test_clean_rows_are_what_duckdb_reads(engine: str, seed: int, newlines: str, tmp_path: Path) -> None:
    mapping = random_mapping(seed, newlines)
    contract = Contract.from_mapping(mapping)
    chance = Random(seed)
    (tmp_path / "in").mkdir()
    for number in range(FILES):
        (tmp_path / "in" / f"{number}.csv").write_bytes(clean_file(chance, contract))
    (tmp_path / "contract.yaml").write_text(yaml.safe_dump(mapping))
    ledger = convert_directory(
        engine=engine,
        contract_path=tmp_path / "contract.yaml",
        input_dir=tmp_path / "in",
        output_dir=tmp_path / "out",
    )
    assert (ledger["rows_curated"], ledger["rows_quarantined"]) == (FILES * RECORDS, 0)
    moments = [column.name for column in contract.columns if column.type == "timestamp"]
    plain = ", ".join(f"{name} at time zone 'UTC' as {name}" for name in moments)
    ours = f"select * replace ({plain}) from '{tmp_path}/out/curated/*.parquet'"
    theirs = as_duckdb_reads(tmp_path / "in", contract)
    connection = duckdb.connect()
    assert connection.execute(f"select count(*) from ({theirs})").fetchone() == (FILES * RECORDS,)
    for one, other in ((ours, theirs), (theirs, ours)):
        assert connection.execute(f"{one} except all {other} limit 3").fetchall() == []


def test_another_row_is_noticed(tmp_path: Path) -> None:
    contract = Contract.from_mapping({"dataset": "d", "columns": [{"name": "a", "type": "string"}]})
    (tmp_path / "x.csv").write_text('a\n""\n')
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "x.csv").write_text("a\n\n")
    queries = [as_duckdb_reads(folder, contract) for folder in (tmp_path, tmp_path / "one")]
    assert duckdb.sql(" except all ".join(queries)).fetchall() == [("",)]
