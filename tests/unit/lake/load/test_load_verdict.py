"""load_warehouse as a whole job, in moto's S3 and the local Redshift: the verdict is the lane's, said once all else is
loaded, and one dataset never keeps another out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lab.status import rejected_in, rejected_lines
from lake.contracts import dataset_contract
from lake.convert.batch import BatchPlace, convert_batch
from lake.convert.lane_place import lane_place
from lake.convert.single_engine import SingleEngine
from lake.ledger.entry import LedgerEntry
from lake.load import step as load_warehouse
from lake.quarantine.decisions import accept_files, accept_rows, withdraw
from lake.run_identity import run_id_of
from lake.stores import s3_store
from lake.stores.s3_store import S3Store
from pipeline import layout
from pipeline.errors import LoadFailed, TooMuchRejected
from tests.unit.lake.local_redshift import DATABASE, WORKGROUP, LocalRedshift

BUCKET, LANE = "lake", "glue"
AIRLINES = "carrier,name\n"
AIRPORTS = "faa,name,lat,lon,alt,tz,dst,tzone\n"
ARGUMENTS = {
    "lane": LANE,
    "bucket": BUCKET,
    "datasets": "airlines,airports",
    "workgroup": WORKGROUP,
    "database": DATABASE,
    "schema_prefix": "lane_",
    "secret_arn": "secret",
    "copy_role_arn": "arn:aws:iam::123456789012:role/copy",
}


class Lane:
    """Two datasets of one lane; a run converts both and loads."""

    def __init__(self, folder: Path) -> None:
        self.s3 = boto3.client("s3", region_name="us-east-1")
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        self.redshift = LocalRedshift(folder=folder, s3=self.s3)
        self._runs = 0
        self.land("airports", "a.csv", AIRPORTS + "ABC,x,1,2,3,4,A,\n")
        self.land("airlines", "a.csv", AIRLINES + "AA,American\n")

    def land(self, dataset: str, name: str, text: str) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=layout.landing_prefix(dataset) + name, Body=text.encode())

    def place(self, dataset: str) -> BatchPlace:
        return lane_place(store=S3Store(bucket=BUCKET, region="us-east-1", client=self.s3), lane=LANE, dataset=dataset)

    def convert(self) -> str:
        """The run's id."""
        self._runs += 1
        for dataset in ("airlines", "airports"):
            convert_batch(
                place=self.place(dataset),
                contract=dataset_contract(dataset),
                engine=SingleEngine(),
                code_version="1",
                run_id=f"run-{self._runs}",
            )
        return f"run-{self._runs}"

    def load(self, run_id: str) -> load_warehouse.Loaded:
        return load_warehouse.run(ARGUMENTS, s3=self.s3, redshift=self.redshift, job_run_id=run_id, run_id=run_id)

    def run(self) -> load_warehouse.Loaded:
        return self.load(self.convert())

    def evidence(self, run_id: str) -> dict[str, Any]:
        return json.loads(self.s3.get_object(Bucket=BUCKET, Key=layout.evidence_key(LANE, run_id))["Body"].read())

    def carriers(self) -> list[str]:
        return sorted(row[0] for row in self.redshift.query('SELECT carrier FROM "lane_glue"."airlines"'))

    def airports(self) -> int:
        return self.redshift.query('SELECT count(*) FROM "lane_glue"."airports"')[0][0]


@pytest.fixture
def lane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lane]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    with mock_aws():
        s3_store._client.cache_clear()
        lane = Lane(tmp_path)
        yield lane
        lane.redshift.close()


def test_clean_lane_is_loaded_and_its_evidence_names_nothing(lane: Lane) -> None:
    assert lane.run().rows == {"airlines": 1, "airports": 1}
    found = lane.evidence("run-1")
    assert (found["error"], found["rejected"], found["totals"]) == (None, [], {"files_open": 0, "batches_held": 0})
    assert found["rows"] == {"read": 2, "curated": 2, "quarantined": 0}
    assert found["files"] == {"converted": 2, "refused": 0}


def test_refused_file_of_one_dataset_keeps_no_other_out(lane: Lane) -> None:
    lane.land("airlines", "bad.csv", "carrier,nme\nBB,Bad\n")
    with pytest.raises(TooMuchRejected, match=r"airlines: 1 file\(s\) refused: landing/airlines/bad.csv: Header"):
        lane.run()
    assert (lane.carriers(), lane.airports()) == (["AA"], 1)
    (rejected,) = lane.evidence("run-1")["rejected"]
    assert (rejected["dataset"], rejected["key"]) == ("airlines", "landing/airlines/bad.csv")
    assert rejected["version"]
    assert rejected["reason"].startswith("HeaderMismatch")
    assert lane.evidence("run-1")["error"].startswith("TooMuchRejected")


def test_retry_and_later_run_find_the_same(lane: Lane) -> None:
    """A retried convert would find nothing new: the verdict is not of what one run did."""
    lane.land("airlines", "bad.csv", "carrier,nme\nBB,Bad\n")
    run_id = lane.convert()
    for _ in range(2):
        with pytest.raises(TooMuchRejected) as failure:
            lane.load(run_id)
        assert "still open" not in str(failure.value)
    with pytest.raises(TooMuchRejected, match=r"bad\.csv \(still open since "):
        lane.run()
    accept_files(place=lane.place("airlines"), who="ann", reason="a test file")
    assert lane.run().batches == 0


def test_held_batch_is_loaded_once_it_is_accepted(lane: Lane) -> None:
    lane.run()
    lane.land("airlines", "noisy.csv", AIRLINES + "BB,Bad\nonly one field\n")
    with pytest.raises(TooMuchRejected, match=r"1 of 2 rows are in quarantine \(50\.00%, tolerated 1\.00%\)"):
        lane.run()
    assert lane.carriers() == ["AA"]
    lane.land("airlines", "later.csv", AIRLINES + "CC,Later\n")
    with pytest.raises(TooMuchRejected):
        lane.run()
    assert lane.carriers() == ["AA", "CC"], "later batches go on"
    accept_rows(place=lane.place("airlines"), who="ann", reason="a footer")
    assert lane.run().rows_loaded == 1
    assert lane.carriers() == ["AA", "BB", "CC"]


def test_withdrawn_batch_leaves_the_warehouse_and_comes_again(lane: Lane) -> None:
    lane.run()
    (entry,) = lane.place("airlines").ledger.entries()
    withdraw(place=lane.place("airlines"), batch=entry.batch_id, who="ann", reason="wrong unit")
    lane.load("by hand")
    assert (lane.carriers(), lane.airports()) == ([], 1)
    assert lane.run().rows_loaded == 1
    assert lane.carriers() == ["AA"]
    assert lane.run().rows_loaded == 0


def test_keyed_file_that_is_delivered_twice_is_harmless(lane: Lane) -> None:
    lane.run()
    lane.land("airlines", "a-again.csv", AIRLINES + "AA,American\n")
    assert lane.run().rows == {"airlines": 1, "airports": 1}
    assert lane.carriers() == ["AA"]


def long_text(lane: Lane) -> LedgerEntry:
    """A batch from before texts had a limit: 70,000 bytes are committed and cannot be loaded."""
    wide = dataset_contract("airlines")
    columns = tuple(type(one)(**{**vars(one), "max_bytes": 100_000}) for one in wide.columns)
    lane.land("airlines", "long.csv", AIRLINES + f"LL,{'x' * 70_000}\n")
    place, contract = lane.place("airlines"), type(wide)(**{**vars(wide), "columns": columns})
    entry = convert_batch(place=place, contract=contract, engine=SingleEngine(), code_version="1").entry
    assert entry
    return entry


def test_committed_batch_that_cannot_load_starves_no_dataset_and_can_be_withdrawn(lane: Lane) -> None:
    entry = long_text(lane)
    with pytest.raises(LoadFailed, match="airlines"):
        lane.run()
    assert lane.airports() == 1
    assert "LoadFailed" in lane.evidence("run-1")["error"]
    withdraw(place=lane.place("airlines"), batch=entry.batch_id, who="ann", reason="too long for the warehouse")
    with pytest.raises(TooMuchRejected, match="1 of 2 rows are in quarantine"):
        lane.run()  # read again, by a contract that knows the limit
    accept_rows(place=lane.place("airlines"), who="ann", reason="too long")
    lane.run()
    assert lane.carriers() == ["AA"]


def test_failure_of_a_load_comes_before_the_verdict(lane: Lane) -> None:
    """It may pass by when it is tried again; what is refused stays so."""
    long_text(lane)
    lane.land("airports", "bad.csv", "faa\n")
    with pytest.raises(LoadFailed):
        lane.run()
    assert lane.airports() == 1
    assert lane.evidence("run-1")["totals"] == {"files_open": 1, "batches_held": 0}


@pytest.mark.parametrize(
    ("argv", "run_id"),
    [
        (["x.py", "--lane", "glue", "--run_id", "r1"], "r1"),
        (["x.py", "--run_id=r1", "--WORKFLOW_RUN_ID", "wr_1"], "r1"),
        (["x.py", "--WORKFLOW_NAME", "w", "--WORKFLOW_RUN_ID", "wr_1"], "wr_1"),
        (["x.py", "--run_id"], ""),
        (["x.py", "--lane", "glue"], ""),
    ],
)
def test_run_is_known_by_what_its_orchestrator_says(argv: list[str], run_id: str) -> None:
    assert run_id_of(argv) == run_id


def test_status_names_what_is_open_and_held(lane: Lane) -> None:
    target: Any = SimpleNamespace(
        client=lambda _service: lane.s3,
        names=SimpleNamespace(data_bucket=BUCKET),
        settings=SimpleNamespace(datasets=("airlines", "airports")),
    )
    lane.convert()
    assert list(rejected_in(target)) == []
    lane.land("airlines", "bad.csv", "carrier,nme\nBB,Bad\n")
    lane.land("airlines", "noisy.csv", AIRLINES + "CC,Fair\nonly one field\n")
    lane.convert()
    (line,) = rejected_lines(list(rejected_in(target)))
    today = datetime.now(UTC).date().isoformat()
    assert line.startswith(f"rejected    glue, airlines: landing/airlines/bad.csv refused since {today}, batch ")
    assert line.endswith(f" held since {today}")
