"""A lake in moto's S3 whose contract grows: what lands, what convert commits, and every reader's way to it."""

from __future__ import annotations

import functools
import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3

from lake.convert.batch import BatchPlace, BatchResult, convert_batch
from lake.convert.lane_place import lane_place
from lake.convert.single_engine import SingleEngine
from lake.ledger.committed import committed_state
from lake.ledger.entry import LedgerEntry
from lake.load.load import Loaded, attempt_id, load
from lake.load.manifests import ManifestShelf
from lake.load.plan import LoadPlan
from lake.load.sources import dataset_table
from lake.load.statements import StatementRunner
from lake.quarantine.replay import ReplayResult, replay
from lake.stores.s3_store import S3Store
from lake.verify.dataset import Verified, verify_dataset
from lake.verify.step import object_reader
from local_aws.services.glue.crawl import crawl
from pipeline import layout
from strict_csv.contract import Contract
from tests.checkout import ROOT
from tests.unit.lake.local_redshift import DATABASE, WORKGROUP, LocalRedshift

BUCKET, LANE, DATASET = "bucket", "glue", "trips"
TEMPLATE = ROOT / "tests" / "infrastructure" / "snapshots" / "NF1-Glue-Lab.us-east-1.json"
ROLE = "arn:aws:iam::123456789012:role/copy"


@functools.cache
def _client(service: str) -> Any:
    """Made once: a client costs more than a test, and moto answers whichever test it is called in."""
    return boto3.client(service, region_name="us-east-1")


def _crawler_configuration() -> str:
    """Of a lane's crawler, out of the template's snapshot: what is deployed, without starting the CDK."""
    found = json.loads(TEMPLATE.read_text())["Resources"].values()
    [crawler] = [one for one in found if one["Type"] == "AWS::Glue::Crawler"]
    return crawler["Properties"]["Configuration"]


class VersionedLake:
    """One dataset in one lane of one bucket, with a catalog and a warehouse."""

    def __init__(self, folder: Path) -> None:
        self.s3, self.glue = _client("s3"), _client("glue")
        self.s3.create_bucket(Bucket=BUCKET)
        self.glue.create_database(DatabaseInput={"Name": "curated"})
        self.redshift = LocalRedshift(folder=folder, s3=self.s3)
        self._attempts = 0

    def land(self, name: str, text: str) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=f"{layout.landing_prefix(DATASET)}{name}", Body=text.encode())

    def convert(self, contract: Contract) -> BatchResult:
        return convert_batch(place=self._place(), contract=contract, engine=SingleEngine(), code_version="1")

    def replay(self, contract: Contract) -> ReplayResult:
        return replay(place=self._place(), contract=contract, code_version="1")

    def _place(self) -> BatchPlace:
        return lane_place(store=S3Store(bucket=BUCKET, region="us-east-1"), lane=LANE, dataset=DATASET)

    def entries(self) -> tuple[LedgerEntry, ...]:
        """By contract version."""
        found = committed_state(s3=self.s3, bucket=BUCKET, lane=LANE, dataset=DATASET).entries
        return tuple(sorted(found, key=lambda entry: entry.contract_version))

    def verify(self, contract: Contract) -> Verified:
        return verify_dataset(contract, self.entries(), lane=LANE, read_object=object_reader(self.s3, BUCKET))

    def crawl(self) -> None:
        """As the stack's crawler of a lane is configured."""
        crawl(
            s3=self.s3,
            glue=self.glue,
            definition={
                "DatabaseName": "curated",
                "Targets": {"S3Targets": [{"Path": f"s3://{BUCKET}/{layout.curated_prefix(LANE, DATASET)}"}]},
                "Configuration": _crawler_configuration(),
            },
            crawler="crawl_curated",
            check_cancelled=lambda: None,
        )

    def load(self, contract: Contract) -> Loaded:
        self._attempts += 1
        now = datetime.now(UTC)
        attempt = attempt_id(now=now, job_run_id=f"jr_{self._attempts}")
        return load(
            tables=(dataset_table(contract, self.entries()),),
            warehouse=StatementRunner(
                client=self.redshift,
                workgroup=WORKGROUP,
                database=DATABASE,
                secret_arn="secret",
                attempt=attempt,
                clock=time.monotonic,
                sleep=threading.Event().wait,
                first_wait_seconds=0.01,
            ),
            plan=LoadPlan(schema="lane_glue", bucket=BUCKET, copy_role_arn=ROLE, attempt=attempt),
            shelf=ManifestShelf(s3=self.s3, bucket=BUCKET, lane=LANE),
            now=now,
        )

    def files(self) -> dict[str, bytes]:
        """Every curated file that the ledger names."""
        keys = [output.key for entry in self.entries() for output in entry.outputs]
        return {key: self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}

    def replace(self, key: str, body: bytes) -> None:
        """Other content at the key of a curated file, and the ledger's byte count follows."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        for listed in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=layout.ledger_prefix(LANE, DATASET))["Contents"]:
            entry = json.loads(self.s3.get_object(Bucket=BUCKET, Key=listed["Key"])["Body"].read())
            for output in entry["outputs"]:
                output["bytes"] = len(body) if output["key"] == key else output["bytes"]
            self.s3.put_object(Bucket=BUCKET, Key=listed["Key"], Body=json.dumps(entry).encode())
