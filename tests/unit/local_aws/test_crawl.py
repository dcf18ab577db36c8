"""A crawl over files of several contract versions: one table of all columns, and partitions that follow it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from local_aws.services.glue.crawl import crawl
from tests.unit.lake.athena_rules import HiveInvalidMetadata, athena_rows

FIRST = pa.table({"id": pa.array([1], pa.int64())})
SECOND = pa.table({"id": pa.array([2], pa.int64()), "tip": pa.array([None], pa.decimal128(8, 2))})
BOTH = [("id", "bigint"), ("tip", "decimal(8,2)")]
INHERITS = {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}
MERGES = INHERITS | {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}


class Lake:
    """A bucket and a catalog in process."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3", region_name="us-east-1")
        self.glue = boto3.client("glue", region_name="us-east-1")
        self.s3.create_bucket(Bucket="bucket")
        self.glue.create_database(DatabaseInput={"Name": "curated"})

    def put(self, key: str, table: pa.Table) -> None:
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        self.s3.put_object(Bucket="bucket", Key=f"curated/trips/{key}", Body=sink.getvalue().to_pybytes())

    def crawl(self, output: dict[str, Any]) -> None:
        definition = {
            "DatabaseName": "curated",
            "Targets": {"S3Targets": [{"Path": "s3://bucket/curated/trips/"}]},
            "Configuration": json.dumps({"Version": 1.0, "CrawlerOutput": output}),
        }
        crawl(
            s3=self.s3,
            glue=self.glue,
            definition=definition,
            crawler="crawl_curated",
            check_cancelled=lambda: None,
        )

    def bodies(self) -> dict[str, bytes]:
        listed = self.s3.list_objects_v2(Bucket="bucket")["Contents"]
        return {one["Key"]: self.s3.get_object(Bucket="bucket", Key=one["Key"])["Body"].read() for one in listed}

    def columns(self) -> list[tuple[str, str]]:
        return shown(self.glue.get_table(DatabaseName="curated", Name="trips")["Table"])

    def partitions(self) -> dict[str, list[tuple[str, str]]]:
        found = self.glue.get_partitions(DatabaseName="curated", TableName="trips")["Partitions"]
        return {one["Values"][0]: shown(one) for one in found}


def shown(described: dict[str, Any]) -> list[tuple[str, str]]:
    return [(column["Name"], column["Type"]) for column in described["StorageDescriptor"]["Columns"]]


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    with mock_aws():
        yield Lake()


@pytest.mark.parametrize("newer", ["month=1/z.parquet", "month=1/0.parquet", "month=2/a.parquet"])
def test_new_columns_come_to_the_table_and_to_its_old_partitions(lake: Lake, newer: str) -> None:
    lake.put("month=1/a.parquet", FIRST)
    lake.crawl(MERGES)
    assert (lake.columns(), lake.partitions()) == (BOTH[:1], {"1": BOTH[:1]})
    lake.put(newer, SECOND)
    lake.crawl(MERGES)
    assert lake.columns() == BOTH
    assert set(map(tuple, lake.partitions().values())) == {tuple(BOTH)}


def test_partitions_that_do_not_inherit_keep_their_own_columns(lake: Lake) -> None:
    lake.put("month=1/a.parquet", FIRST)
    lake.crawl({})
    lake.put("month=2/a.parquet", SECOND)
    lake.crawl({})
    assert lake.partitions() == {"1": BOTH[:1], "2": BOTH}


def test_only_a_crawler_that_merges_keeps_a_column_that_no_file_has(lake: Lake) -> None:
    lake.put("month=1/a.parquet", SECOND)
    lake.crawl(MERGES)
    lake.put("month=1/a.parquet", FIRST)
    lake.crawl(MERGES)
    assert lake.columns() == BOTH
    lake.crawl(INHERITS)
    assert lake.columns() == BOTH[:1]


def test_files_that_disagree_about_a_type_fail_the_crawl(lake: Lake) -> None:
    lake.put("month=1/a.parquet", FIRST)
    lake.put("month=2/a.parquet", pa.table({"id": ["1"]}))
    with pytest.raises(ValueError, match=r"column id is bigint in some files and string in .*month=2/a\.parquet"):
        lake.crawl(MERGES)


def test_a_footer_longer_than_the_first_read_is_read_whole(lake: Lake) -> None:
    wide = pa.table({f"column_{number:04d}": pa.array([number], pa.int64()) for number in range(900)})
    lake.put("month=1/a.parquet", wide)
    body = lake.s3.get_object(Bucket="bucket", Key="curated/trips/month=1/a.parquet")["Body"].read()
    assert pq.read_metadata(pa.BufferReader(body)).serialized_size > 64 * 1024
    lake.crawl(MERGES)
    assert len(lake.columns()) == 900


def test_a_column_that_names_a_folder_too_stands_twice_and_athena_refuses_the_table(lake: Lake) -> None:
    lake.put("id=1/a.parquet", FIRST)
    lake.crawl({})
    table = lake.glue.get_table(DatabaseName="curated", Name="trips")["Table"]
    assert [key["Name"] for key in table["PartitionKeys"]] == ["id"]
    assert lake.columns() == BOTH[:1]
    with pytest.raises(HiveInvalidMetadata, match="duplicate columns"):
        athena_rows(lake.bodies(), columns=lake.columns(), partitions=[("id", "string")])


def test_a_folder_key_becomes_a_partition_key_in_lower_case_beside_the_files_column(lake: Lake) -> None:
    lake.put("Region_part=a%2Fb/a.parquet", pa.table({"Region": ["a/b"]}))
    lake.crawl({})
    table = lake.glue.get_table(DatabaseName="curated", Name="trips")["Table"]
    assert [key["Name"] for key in table["PartitionKeys"]] == ["region_part"]
    assert (lake.columns(), list(lake.partitions())) == ([("region", "string")], ["a/b"])


@pytest.mark.parametrize(("kind", "folder"), [("string", "00501"), ("int", 501)])
def test_athena_reads_the_exact_text_whatever_type_the_crawler_gives_the_folder(
    lake: Lake, kind: str, folder: object
) -> None:
    lake.put("zip_part=00501/a.parquet", pa.table({"zip": ["00501"]}))
    lake.crawl({})
    rows = athena_rows(lake.bodies(), columns=lake.columns(), partitions=[("zip_part", kind)])
    assert rows == [(folder, "00501")]
