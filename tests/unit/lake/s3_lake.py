"""A versioned bucket (moto in process) with a landing zone and one lane, as the job convert sees it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from lake.convert.batch import BatchPlace, BatchResult, convert_batch
from lake.convert.single_engine import SingleEngine
from lake.ledger.ledgers import LaneLedger
from lake.stores import s3_store
from lake.stores.s3_store import S3Store
from pipeline import layout
from strict_csv.contract import Contract

BUCKET = "lake"
LANDING = layout.landing_prefix("trips")
CONTRACT = {"dataset": "trips", "columns": [{"name": "id", "type": "bigint"}, {"name": "name", "type": "string"}]}


class S3Lake:
    """Land objects, convert, and see what became of them."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        self.store = S3Store(bucket=BUCKET, region="us-east-1")

    def land(self, name: str, data: bytes) -> str:
        """The new object's version."""
        return self.s3.put_object(Bucket=BUCKET, Key=LANDING + name, Body=data)["VersionId"]

    def control(self, name: str, **said: Any) -> str:
        return self.land(f"{name}.control.json", json.dumps(said).encode())

    def convert(self, **options: Any) -> BatchResult:
        place = BatchPlace(
            source=self.store,
            landing_prefix=LANDING,
            sink=self.store,
            curated_prefix=layout.curated_prefix("glue", "trips"),
            quarantine_prefix=layout.quarantine_prefix("glue", "trips"),
            keys_prefix=layout.keys_prefix("glue", "trips"),
            ledger=LaneLedger(store=self.store, lane="glue", dataset="trips"),
        )
        contract = Contract.from_mapping(CONTRACT | options)
        return convert_batch(place=place, contract=contract, engine=SingleEngine(), code_version="1")

    def keys(self) -> list[str]:
        """Everything that is no input."""
        return [key for key in self.store.keys("") if not key.startswith(LANDING)]

    def rows(self, prefix: str) -> list[dict[str, Any]]:
        """What lies in Parquet below `prefix`."""
        found = []
        for key in self.store.keys(prefix):
            found += pq.read_table(io.BytesIO(self.store.read(key))).to_pylist()
        return found


@contextmanager
def s3_lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Lake]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3_store._client.cache_clear()
        yield S3Lake()
    s3_store._client.cache_clear()
