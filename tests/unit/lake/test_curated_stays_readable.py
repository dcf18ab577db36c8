"""Curated data of several contract versions is one table to every reader.

Redshift is the local AWS's engine (DuckDB behind COPY's rules), Athena is emulated by its documented rules,
the catalog is moto's, filled by the local crawler; what Spark reads is in tests/bad_inputs.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from lake.aggregate.catalog import check_tables
from lake.ledger.evolution import widest_schema
from lake.parquet_format import parquet_writer
from lake.stores import s3_store
from lake.verify.dataset import verify_dataset
from lake.verify.step import object_reader
from pipeline.errors import ContractChanged, LoadFailed, QualityRuleFailed, TablesMissing
from strict_csv.contract import Contract
from tests.unit.lake.athena_rules import HiveBadData, athena_rows
from tests.unit.lake.versioned_lake import BUCKET, DATASET, LANE, VersionedLake

COLUMNS = [
    {"name": "month", "type": "bigint", "nullable": False},
    {"name": "id", "type": "bigint", "nullable": False},
    {"name": "place", "type": "string"},
    {"name": "Fare", "type": "decimal(8,2)"},
]
ADDED = [
    {"name": "count", "type": "bigint"},
    {"name": "score", "type": "double"},
    {"name": "tip", "type": "decimal(10,2)"},
    {"name": "total", "type": "decimal(30,4)"},
    {"name": "note", "type": "string"},
    {"name": "Flag", "type": "boolean"},
    {"name": "day", "type": "date"},
    {"name": "seen", "type": "timestamp"},
]
TRIPS = {"dataset": DATASET, "partition_by": ["month"], "key": ["id"]}


def first(**more: Any) -> Contract:
    return Contract.from_mapping(TRIPS | {"columns": COLUMNS} | more)


def second(**more: Any) -> Contract:
    grown = {"version": 2, "columns": [*COLUMNS, *(column | {"since": 2} for column in ADDED)]}
    return Contract.from_mapping(TRIPS | grown | more)


FIRST, SECOND = first(), second()
OLD_HEADER = "Fare,month,id,place\n"
NEW_HEADER = ",".join(SECOND.column_names) + "\n"
NULLS = (None,) * len(ADDED)
SEEN = datetime.fromisoformat("2026-01-02T03:00:00")  # UTC, as readers without zones show it
ROWS = [
    (1, 1, "a", Decimal("1.50"), *NULLS),
    (2, 2, None, None, *NULLS),
    (1, 3, "c", Decimal("3.50"), *NULLS),
    (1, 4, "d", None, 7, 0.5, Decimal("0.25"), Decimal("9.0001"), "n", True, date(2026, 1, 2), SEEN),
    (3, 5, "e", None, *NULLS),
]
STORED = list(SECOND.column_names)


@pytest.fixture(scope="module", autouse=True)
def _own_client() -> Iterator[None]:
    """The store's client is made in this module's first test and serves them all."""
    s3_store._client.cache_clear()
    yield
    s3_store._client.cache_clear()


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VersionedLake]:
    """Version 1 converted and one file landed."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        made = VersionedLake(tmp_path)
        made.land("first.csv", OLD_HEADER + "1.50,1,1,a\n,2,2,\n")
        made.convert(FIRST)
        yield made
        made.redshift.close()


def grow(lake: VersionedLake) -> None:
    """Version 2, one producer late, one in time."""
    lake.land("late.csv", OLD_HEADER + "3.50,1,3,c\n")
    lake.land(
        "new.csv", NEW_HEADER + "1,4,d,,7,0.5,0.25,9.0001,n,true,2026-01-02,2026-01-02T03:00:00Z\n3,5,e,,,,,,,,,\n"
    )
    lake.convert(SECOND)


def changed(lake: VersionedLake, change: Callable[[pa.Table], pa.Table]) -> str:
    """Rewrites one curated file of version 2 and gives its key."""
    key = next(output.key for output in lake.entries()[1].outputs if "month_part=1/" in output.key)
    sink = pa.BufferOutputStream()
    table = change(pq.ParquetFile(pa.BufferReader(lake.files()[key])).read())
    with parquet_writer(sink, table.schema) as writer:
        writer.write_table(table)
    lake.replace(key, sink.getvalue().to_pybytes())
    return key


def id_as_text(table: pa.Table) -> pa.Table:
    return table.set_column(1, "id", table.column("id").cast(pa.string()))


def ids_and_counts_swapped(table: pa.Table) -> pa.Table:
    names = ["month", "count", *table.column_names[2:4], "id", *table.column_names[5:]]
    return table.select(names)


def moved(table: pa.Table) -> pa.Table:
    return table.select([*table.column_names[1:], table.column_names[0]])


def naive(row: tuple) -> tuple:
    return tuple(value.replace(tzinfo=None) if isinstance(value, datetime) else value for value in row)


def by_id(rows: list[tuple]) -> list[tuple]:
    return sorted(map(naive, rows), key=lambda row: row[1])


def catalog_columns(lake: VersionedLake) -> list[tuple[str, str]]:
    table = lake.glue.get_table(DatabaseName="curated", Name=DATASET)["Table"]
    return [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]]


def test_every_version_is_committed_with_its_schema_and_verified(lake: VersionedLake) -> None:
    grow(lake)
    assert [entry.contract_version for entry in lake.entries()] == [1, 2]
    assert [list(entry.schema) for entry in lake.entries()] == [list(FIRST.column_names), list(SECOND.column_names)]
    counts = lake.verify(SECOND)
    assert (counts.batches, counts.rows_curated, counts.rows_quarantined) == (2, 5, 0)


def test_a_lane_runs_on_while_its_contract_grows(lake: VersionedLake) -> None:
    """Every step after convert, in the pipeline's order, before and after; `aggregate` as far as it needs no Spark."""
    for contract, rows in ((FIRST, ROWS[:2]), (SECOND, ROWS)):
        if contract is SECOND:
            grow(lake)
        lake.crawl()
        assert lake.verify(contract).rows_curated == len(rows)
        due = widest_schema(contract, lake.entries()).as_contract(contract)
        check_tables(lake.glue, database="curated", contracts=[due])
        assert lake.load(contract).rows == {DATASET: len(rows)}
    assert warehouse_rows(lake) == texts(ROWS)


def test_a_row_of_an_old_file_is_replayed_under_a_new_contract(lake: VersionedLake) -> None:
    old, new = first(duplicates="allowed"), second(duplicates="allowed", null_values=["unknown"])
    lake.land("unknown.csv", OLD_HEADER + "unknown,1,6,f\n")
    assert lake.convert(old).entry.rows_quarantined == 1  # type: ignore[union-attr]
    assert lake.replay(new).rows_curated == 1
    assert [entry.contract_version for entry in lake.entries()] == [1, 1, 2]
    counts = lake.verify(new)
    assert (counts.rows_curated, counts.rows_quarantined) == (3, 0)
    assert lake.load(new).rows == {DATASET: 3}
    assert warehouse_rows(lake)[-1] == texts([(1, 6, "f", None, *NULLS)])[0]


def test_a_key_that_is_in_two_versions_is_noticed(lake: VersionedLake) -> None:
    lake.land("again.csv", NEW_HEADER + "1,1,again,,,,,,,,,\n")
    lake.convert(second(duplicates="allowed"))
    with pytest.raises(QualityRuleFailed, match="more than once"):
        lake.verify(SECOND)


def test_an_old_file_is_not_verified_as_a_new_one(lake: VersionedLake) -> None:
    grow(lake)
    old, new = lake.entries()
    with pytest.raises(QualityRuleFailed, match="its columns are"):
        verify_dataset(
            SECOND,
            (replace(old, written_as=new.written_as), new),
            lane=LANE,
            read_object=object_reader(lake.s3, BUCKET),
        )


def test_no_reader_goes_on_with_a_contract_that_does_not_fit(lake: VersionedLake) -> None:
    grow(lake)
    for reader in (lake.convert, lake.verify, lake.load):
        with pytest.raises(ContractChanged, match="- version 2"):
            reader(FIRST)


def test_each_column_has_one_physical_and_logical_type_in_all_files(lake: VersionedLake) -> None:
    grow(lake)
    types: dict[str, set[tuple[str, str]]] = {}
    for body in lake.files().values():
        schema = pq.ParquetFile(io.BytesIO(body)).schema
        for place in range(len(schema)):
            column = schema.column(place)
            types.setdefault(column.name, set()).add((column.physical_type, str(column.logical_type)))
    assert list(types) == STORED
    assert {name: len(kinds) for name, kinds in types.items()} == dict.fromkeys(STORED, 1)


def test_duckdb_reads_equal_rows_by_name(lake: VersionedLake, tmp_path: Path) -> None:
    grow(lake)
    for key, body in lake.files().items():
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_bytes(body)
    columns = ", ".join(f'"{name}"' for name in SECOND.column_names)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    rows = connection.execute(
        f"SELECT {columns} FROM read_parquet('{tmp_path}/curated/**/*.parquet', hive_partitioning=true, "
        "union_by_name=true)"
    ).fetchall()
    assert by_id(rows) == ROWS


def test_athena_reads_equal_rows_through_the_crawled_table(lake: VersionedLake) -> None:
    lake.crawl()
    first_columns = [("month", "bigint"), ("id", "bigint"), ("place", "string"), ("fare", "decimal(8,2)")]
    assert catalog_columns(lake) == first_columns
    grow(lake)
    lake.crawl()
    columns = catalog_columns(lake)
    assert columns == [(name.lower(), SECOND.column(name).type) for name in STORED]
    partitions = lake.glue.get_partitions(DatabaseName="curated", TableName=DATASET)["Partitions"]
    assert sorted(one["Values"] for one in partitions) == [["1"], ["2"], ["3"]]
    for one in partitions:
        assert [(column["Name"], column["Type"]) for column in one["StorageDescriptor"]["Columns"]] == columns
    rows = athena_rows(lake.files(), columns=columns, partitions=[("month_part", "string")])
    assert by_id([row[1:] for row in rows]) == ROWS
    assert all(folder == str(month) for folder, month, *_ in rows)


def test_athena_and_the_crawl_notice_a_changed_type(lake: VersionedLake) -> None:
    grow(lake)
    lake.crawl()
    key = changed(lake, id_as_text)
    with pytest.raises(HiveBadData, match="id is string, the table says bigint"):
        athena_rows(lake.files(), columns=catalog_columns(lake), partitions=[("month_part", "string")])
    with pytest.raises(ValueError, match="column id is") as failure:
        lake.crawl()
    assert key.rsplit("/", 1)[0] in str(failure.value)


def test_the_catalog_is_checked_against_what_was_written_and_not_what_may_be(lake: VersionedLake) -> None:
    def check() -> None:
        due = widest_schema(SECOND, lake.entries()).as_contract(SECOND)
        check_tables(lake.glue, database="curated", contracts=[due])

    lake.crawl()
    check()
    grow(lake)
    with pytest.raises(TablesMissing, match=r"trips\.count is missing, the contract says bigint"):
        check()
    lake.crawl()
    check()
    assert len(catalog_columns(lake)) == len(STORED)


def texts(rows: list[tuple]) -> list[tuple]:
    return [tuple(v if v is None else str(v).lower() if isinstance(v, bool) else str(v) for v in row) for row in rows]


def warehouse_rows(lake: VersionedLake) -> list[tuple]:
    columns = ", ".join(f'CAST("{name.lower()}" AS varchar)' for name in SECOND.column_names)
    return lake.redshift.query(f"SELECT {columns} FROM lane_glue.trips ORDER BY id")


def test_redshift_gains_the_columns_and_keeps_its_rows(lake: VersionedLake) -> None:
    assert lake.load(FIRST).rows == {DATASET: 2}
    grow(lake)
    loaded = lake.load(SECOND)
    assert (loaded.batches, loaded.rows_loaded, loaded.rows) == (1, 3, {DATASET: 5})
    assert warehouse_rows(lake) == texts(ROWS)
    altered = [text for text in lake.redshift.texts if text.startswith("ALTER TABLE")]
    assert len(altered) == len(ADDED)
    assert lake.load(SECOND).batches == 0
    assert [text for text in lake.redshift.texts if text.startswith("ALTER TABLE")] == altered


def test_redshift_takes_all_versions_into_a_new_table(lake: VersionedLake) -> None:
    grow(lake)
    assert lake.load(SECOND).rows == {DATASET: 5}
    assert warehouse_rows(lake) == texts(ROWS)
    assert not any(text.startswith("ALTER TABLE") for text in lake.redshift.texts)


def test_redshift_widens_before_the_new_version_has_rows(lake: VersionedLake) -> None:
    lake.load(FIRST)
    assert lake.load(SECOND).rows == {DATASET: 2}
    assert warehouse_rows(lake) == texts(ROWS[:2])


def test_a_column_that_another_attempt_adds_first_is_no_failure(lake: VersionedLake) -> None:
    lake.load(FIRST)
    grow(lake)
    lake.redshift.interpose(before='ADD COLUMN "tip"', sql='ALTER TABLE lane_glue.trips ADD COLUMN "tip" decimal(10,2)')
    assert lake.load(SECOND).rows == {DATASET: 5}
    assert warehouse_rows(lake) == texts(ROWS)


def test_a_column_that_cannot_be_added_loads_nothing(lake: VersionedLake) -> None:
    lake.load(FIRST)
    grow(lake)
    lake.redshift.interpose(before='ADD COLUMN "tip"', sql="DROP TABLE IF EXISTS lane_glue.trips")
    with pytest.raises(LoadFailed, match="add a column: trips: statement"):
        lake.load(SECOND)
    assert lake.redshift.query("SELECT count(*) FROM lane_glue.loaded_batches") == [(1,)]


@pytest.mark.parametrize(
    ("change", "said"), [(id_as_text, "column id: .* incompatible Parquet schema"), (moved, "incompatible Parquet")]
)
def test_redshift_and_verify_notice_a_changed_type_or_position(
    lake: VersionedLake, change: Callable[[pa.Table], pa.Table], said: str
) -> None:
    lake.load(FIRST)
    grow(lake)
    changed(lake, change)
    with pytest.raises(LoadFailed, match=said):
        lake.load(SECOND)
    assert warehouse_rows(lake) == texts(ROWS[:2])
    with pytest.raises(QualityRuleFailed, match=r"its columns are|id is stored as string"):
        lake.verify(SECOND)


def test_verify_notices_the_swap_that_copy_cannot_see(lake: VersionedLake) -> None:
    """Two columns of one type: COPY maps by position and would load the one as the other."""
    grow(lake)
    lake.verify(SECOND)
    changed(lake, ids_and_counts_swapped)
    with pytest.raises(QualityRuleFailed, match="its columns are"):
        lake.verify(SECOND)
