"""Texts that name folders come out of every step of a lane as they went in, and sentinels of year 1 beside them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from moto import mock_aws

from lake.aggregate.catalog import check_tables
from lake.stores import s3_store
from strict_csv.contract import Contract
from tests.unit.lake.athena_rules import athena_rows
from tests.unit.lake.versioned_lake import DATASET, VersionedLake

CONTRACT = Contract.from_mapping(
    {
        "dataset": DATASET,
        "partition_by": ["Region", "Day"],
        "key": ["Region", "n"],
        "columns": [
            {"name": "Region", "type": "string", "nullable": False},
            {"name": "n", "type": "bigint", "nullable": False},
            {"name": "Day", "type": "date", "nullable": False},
            {"name": "at", "type": "timestamp"},
        ],
    }
)
REGIONS = [
    "00501",
    "007",
    "1e5",
    "true",
    "2024-01-01",
    "null",
    "a/b",
    "x=1",
    "100%",
    "Süd",
    " x",
    "O'Hare",
    "North America",
]
DAY, AT = date(1, 1, 1), datetime.fromisoformat("1899-12-30T00:00:00.000001")  # UTC, as readers without zones show it
ROWS = [(region, n, DAY, AT) for n, region in enumerate(REGIONS)]


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VersionedLake]:
    """Converted, with one row quarantined whose key was there before."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3_store._client.cache_clear()
    with mock_aws():
        made = VersionedLake(tmp_path)
        lines = [f"{region},{n},0001-01-01,1899-12-30T00:00:00.000001Z" for region, n, *_ in ROWS]
        made.land("first.csv", "Region,n,Day,at\n" + "\n".join(lines) + "\n")
        made.convert(CONTRACT)
        made.land("second.csv", f"Region,n,Day,at\n{lines[0]}\n")
        made.convert(CONTRACT)
        yield made
        made.redshift.close()
    s3_store._client.cache_clear()


def test_verify_counts_them(lake: VersionedLake) -> None:
    counts = lake.verify(CONTRACT)
    assert (counts.rows_curated, counts.rows_quarantined) == (len(ROWS), 1)


def test_the_catalog_is_right_and_athena_reads_them(lake: VersionedLake) -> None:
    lake.crawl()
    check_tables(lake.glue, database="curated", contracts=[CONTRACT])
    table = lake.glue.get_table(DatabaseName="curated", Name=DATASET)["Table"]
    columns = [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]]
    assert columns == [("region", "string"), ("n", "bigint"), ("day", "date"), ("at", "timestamp")]
    keys = [(key["Name"], "string") for key in table["PartitionKeys"]]
    assert keys == [("region_part", "string"), ("day_part", "string")]
    rows = athena_rows(lake.files(), columns=columns, partitions=keys)
    assert {row[:2] for row in rows} == {(region, "0001-01-01") for region in REGIONS}
    assert sorted(((*row[2:5], row[5].replace(tzinfo=None)) for row in rows), key=lambda row: row[1]) == ROWS


def test_the_warehouse_holds_them_and_copy_names_no_column(lake: VersionedLake) -> None:
    assert lake.load(CONTRACT).rows == {DATASET: len(ROWS)}
    shown = lake.redshift.query(
        'SELECT region, n, CAST("day" AS varchar), CAST("at" AS varchar) FROM lane_glue.trips ORDER BY n'
    )
    assert shown == [(region, n, "0001-01-01", "1899-12-30 00:00:00.000001") for region, n, *_ in ROWS]
    copies = [text for text in lake.redshift.texts if text.startswith("COPY")]
    assert len(copies) == 1
    assert "(" not in copies[0]
