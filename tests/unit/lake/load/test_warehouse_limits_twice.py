"""Each documented limit of the warehouse is asked of both: the contract refuses it by name before anything is
converted, and Redshift itself, here the local one, refuses what gets past the contract.

What gets past is converted and loaded by the jobs' own code, of a contract with `warehouse: false`, which is not asked.
So a check that the contract loses, or a limit that the local Redshift does not know, fails here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from lake.stores import s3_store
from local_aws.services.redshift.dialect import parsed
from local_aws.services.redshift.limits import BeyondLimit
from local_aws.wire.errors import AwsError
from pipeline.errors import LoadFailed
from strict_csv.contract import Contract
from strict_csv.errors import ContractInvalid
from strict_csv.warehouse_limits import SYSTEM_COLUMNS
from tests.unit.lake.versioned_lake import DATASET, VersionedLake

MB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Try:
    """A contract's columns, and a file's one row of values for them."""

    columns: dict[str, str]
    values: list[str]
    rules: dict[str, Any] = field(default_factory=dict)
    max_bytes: int | None = None

    def contract(self, **more: Any) -> Contract:
        limit = {"max_bytes": self.max_bytes} if self.max_bytes else {}
        columns = [{"name": name, "type": kind, **limit} for name, kind in self.columns.items()]
        return Contract.from_mapping({"dataset": DATASET, "columns": columns, **self.rules, **more})

    @property
    def csv(self) -> str:
        return f"{','.join(self.columns)}\n{','.join(self.values)}\n"


def one(name: str, kind: str, value: str, **more: Any) -> Try:
    return Try(columns={name: kind}, values=[value], **more)


def many(count: int, *, length: int = 0) -> Try:
    """Numbers, in columns whose names have `length` bytes."""
    return Try(columns={f"c{number}".ljust(length, "_"): "bigint" for number in range(count)}, values=["1"] * count)


def texts(*lengths: int, record: int) -> Try:
    columns = {f"t{number}": "string" for number, _ in enumerate(lengths)}
    return Try(columns=columns, values=["x" * length for length in lengths], rules={"max_record_bytes": record})


BEYOND = {
    "varchar of 65,535 bytes": (
        one("a", "string", "é" * 32_768, max_bytes=65_536),
        "columns[0].max_bytes: 65536, the warehouse holds texts of 65535 bytes",
        "The length of the data column a is longer than the length defined in the table. Table: 65535, Data: 65536",
    ),
    "1,600 columns of a table": (
        many(1_600),
        "columns: 1600, a table of the warehouse holds 1599",
        "tables can have at most 1600 columns",
    ),
    "a row of 4 MB": (
        texts(*[65_000] * 65, record=8 * MB),
        "max_record_bytes: 8388608, COPY takes rows of at most 4194304 bytes",
        "a row of 4225000 bytes exceeds the maximum row size of 4194304",
    ),
    "100 kB of a statement": (
        many(500, length=120),
        "columns: the names of 500 columns have 62000 bytes together",
        "Cannot process query string larger than 100kB",
    ),
    "37 digits behind the point": (
        one("a", "decimal(38,38)", "0.1"),
        "columns[0].type: decimal(38,38), the warehouse holds 37 digits behind the point",
        "NUMERIC scale 38 must be between 0 and 37",
    ),
    "a column of our own": (
        one("Batch_ID", "string", "x"),
        "columns[0].name: 'Batch_ID', each table of the warehouse has a column batch_id of its own",
        'column "batch_id" specified more than once',
    ),
    **{
        f"system column {name}": (
            one(name, "bigint", "1"),
            f"columns[0].name: {name!r} is a system column of the warehouse",
            f'column name "{name.lower()}" conflicts with a system column name',
        )
        for name in (*SYSTEM_COLUMNS, "CTID")
    },
}
WITHIN = {
    "varchar of 65,535 bytes": one("a", "string", "é" * 32_767 + "x"),
    "1,600 columns of a table": many(1_599),
    "a row of 4 MB": texts(*[65_000] * 64, 34_239, record=4 * MB),
    "100 kB of a statement": many(395, length=120),
    "37 digits behind the point": one("a", "decimal(38,37)", "0." + "1" * 37),
    "127 bytes of a name": one("a" * 127, "string", "x"),
}


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VersionedLake]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        s3_store._client.cache_clear()
        lake = VersionedLake(tmp_path)
        yield lake
        lake.redshift.close()
    s3_store._client.cache_clear()


@pytest.mark.parametrize("limit", BEYOND)
def test_beyond_a_limit_both_refuse(lake: VersionedLake, limit: str) -> None:
    tried, by_contract, by_redshift = BEYOND[limit]
    with pytest.raises(ContractInvalid) as invalid:
        tried.contract()
    assert by_contract in str(invalid.value)

    unasked = tried.contract(warehouse=False)
    lake.land("a.csv", tried.csv)
    lake.convert(unasked)
    assert [entry.rows_curated for entry in lake.entries()] == [1], "the row got as far as the warehouse"
    with pytest.raises((LoadFailed, AwsError)) as refused:
        lake.load(unasked)
    assert by_redshift in str(refused.value)


@pytest.mark.parametrize("limit", WITHIN)
def test_just_within_it_both_take_it(lake: VersionedLake, limit: str) -> None:
    contract = WITHIN[limit].contract()
    lake.land("a.csv", WITHIN[limit].csv)
    lake.convert(contract)
    assert lake.load(contract).rows == {DATASET: 1}
    [row] = lake.redshift.query(f'SELECT * FROM lane_glue."{DATASET}"')
    assert [str(value) for value in row[:-1]] == WITHIN[limit].values


def test_column_that_is_added_is_the_last_that_fits(lake: VersionedLake) -> None:
    """A contract grows beyond 1,600 as one that begins there; the table it grows is another statement's."""
    first = many(1_599)
    lake.land("a.csv", first.csv)
    lake.convert(first.contract())
    lake.load(first.contract())
    columns = [*({"name": name, "type": kind} for name, kind in first.columns.items())]
    grown = {"columns": [*columns, {"name": "late", "type": "bigint", "since": 2}], "version": 2}
    with pytest.raises(ContractInvalid, match="columns: 1600, a table of the warehouse holds 1599"):
        first.contract(**grown)
    with pytest.raises(LoadFailed, match="tables can have at most 1600 columns"):
        lake.load(first.contract(**grown, warehouse=False))


@pytest.mark.parametrize(
    ("names", "by_contract", "by_redshift"),
    [
        (["fare", "FARE"], "'FARE' repeats 'fare' (case does not count)", 'column "fare" specified more than once'),
        (["n" * 128], "at most 127", "has 128 bytes, of which Redshift keeps 127"),
    ],
)
def test_names_that_no_reader_takes_are_refused_by_both(names: list[str], by_contract: str, by_redshift: str) -> None:
    """In the lake too, so that no load of ours gets there."""
    with pytest.raises(ContractInvalid) as invalid:
        Contract.from_mapping(
            {"dataset": DATASET, "warehouse": False, "columns": [{"name": name, "type": "date"} for name in names]}
        )
    assert by_contract in str(invalid.value)
    columns = ", ".join(f'"{name}" date' for name in names)
    with pytest.raises(BeyondLimit) as refused:
        parsed(f"CREATE TABLE t ({columns})")
    assert by_redshift in str(refused.value)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("CREATE TABLE t (a varchar(65536))", "maximum column length is 65535"),
        ("CREATE TABLE t (a decimal(39,2))", "NUMERIC precision 39 must be between 1 and 38"),
        ("CREATE TABLE t (a decimal(8,9))", "NUMERIC scale 9 must be between 0 and 8"),
        ("ALTER TABLE t ADD COLUMN xmin bigint", 'column name "xmin" conflicts'),
        (f"SELECT 1 FROM {'t' * 128}", "has 128 bytes"),
        (f'CREATE SCHEMA IF NOT EXISTS "{"é" * 64}"', "has 128 bytes"),
    ],
)
def test_limits_hold_in_statements_that_are_not_ours(sql: str, said: str) -> None:
    with pytest.raises(BeyondLimit) as refused:
        parsed(sql)
    assert said in str(refused.value)


def test_literal_is_no_name() -> None:
    assert parsed(f"SELECT '{'t' * 128}'")
