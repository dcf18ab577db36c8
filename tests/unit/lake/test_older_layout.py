"""Curated files from before partition columns stood in them: they stay readable, and none is written beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from lake.aggregate.catalog import check_tables
from lake.stores import s3_store
from pipeline import layout
from pipeline.errors import LayoutChanged
from strict_csv.contract import Contract
from tests.unit.lake.versioned_lake import BUCKET, DATASET, LANE, VersionedLake

CONTRACT = Contract.from_mapping(
    {
        "dataset": DATASET,
        "partition_by": ["Zip"],
        "tolerance": {"rows_quarantined": 0.5},
        "columns": [
            {"name": "Zip", "type": "string", "nullable": False},
            {"name": "n", "type": "bigint", "nullable": False},
        ],
    }
)
ROWS = [("00501", 1), ("a/b", 2)]


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VersionedLake]:
    """One batch, as older code wrote it."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3_store._client.cache_clear()
    with mock_aws():
        made = VersionedLake(tmp_path)
        made.land("first.csv", "Zip,n\n00501,1\na/b,2\nx,y\n")
        made.convert(CONTRACT)
        _as_before(made)
        yield made
        made.redshift.close()
    s3_store._client.cache_clear()


def _as_before(lake: VersionedLake) -> None:
    """Takes the column out of every curated file, and moves it to the folder that older code had."""
    for listed in lake.s3.list_objects_v2(Bucket=BUCKET, Prefix=layout.ledger_prefix(LANE, DATASET))["Contents"]:
        entry = json.loads(lake.s3.get_object(Bucket=BUCKET, Key=listed["Key"])["Body"].read())
        for output in entry["outputs"]:
            body = lake.s3.get_object(Bucket=BUCKET, Key=output["key"])["Body"].read()
            sink = pa.BufferOutputStream()
            table = pq.ParquetFile(pa.BufferReader(body)).read().drop_columns(["Zip"])
            pq.write_table(table, sink, store_schema=False, version="1.0")
            lake.s3.delete_object(Bucket=BUCKET, Key=output["key"])
            output |= {"key": output["key"].replace("zip_part=", "Zip="), "bytes": sink.getvalue().size}
            lake.s3.put_object(Bucket=BUCKET, Key=output["key"], Body=sink.getvalue().to_pybytes())
        lake.s3.put_object(Bucket=BUCKET, Key=listed["Key"], Body=json.dumps(entry).encode())


def test_it_is_verified_crawled_checked_and_loaded(lake: VersionedLake) -> None:
    assert lake.verify(CONTRACT).rows_curated == 2
    lake.crawl()
    check_tables(lake.glue, database="curated", contracts=[CONTRACT], in_folders_alone={DATASET})
    assert lake.load(CONTRACT).rows == {DATASET: 2}
    assert lake.redshift.query("SELECT zip, n FROM lane_glue.trips ORDER BY n") == ROWS


def test_a_run_that_finds_nothing_new_is_no_failure(lake: VersionedLake) -> None:
    assert lake.convert(CONTRACT).status == "nothing new"


def test_new_files_are_refused_beside_it_and_nothing_changes(lake: VersionedLake) -> None:
    before = {one["Key"]: one["ETag"] for one in lake.s3.list_objects_v2(Bucket=BUCKET)["Contents"]}
    lake.land("second.csv", "Zip,n\n00502,3\n")
    for write in (lake.convert, lake.replay):
        with pytest.raises(LayoutChanged, match=r"trips: 1 committed batch.*Zip=.*run again"):
            write(CONTRACT)
    after = {one["Key"]: one["ETag"] for one in lake.s3.list_objects_v2(Bucket=BUCKET)["Contents"]}
    derived = {key for key in after if "/_checkpoints/" in key}  # follow the slots, which the fixture made older
    assert {key: tag for key, tag in after.items() if "second.csv" not in key and key not in derived} == {
        key: tag for key, tag in before.items() if key not in derived
    }


def test_the_way_out_that_it_names_works(lake: VersionedLake) -> None:
    lake.land("second.csv", "Zip,n\n00502,3\n")
    for prefix in (layout.curated_prefix, layout.quarantine_prefix, layout.ledger_prefix):
        for one in lake.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix(LANE, DATASET)).get("Contents", []):
            lake.s3.delete_object(Bucket=BUCKET, Key=one["Key"])
    lake.convert(CONTRACT)
    assert lake.verify(CONTRACT).rows_curated == 3
    assert lake.load(CONTRACT).rows == {DATASET: 3}
    assert lake.redshift.query("SELECT zip, n FROM lane_glue.trips ORDER BY n") == [*ROWS, ("00502", 3)]
