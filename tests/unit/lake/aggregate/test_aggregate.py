"""aggregate checks the catalog first, computes each report once, and starts no engine without need."""

import io
import json
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from lake.aggregate import delays
from lake.aggregate.catalog import check_tables
from lake.aggregate.snapshot import SnapshotShelf, snapshot_id
from lake.aggregate.step import run
from lake.contracts import dataset_contract
from lake.ledger.entry import FileEntry, LedgerEntry, Output
from pipeline.errors import TablesMissing
from pipeline.layout import ledger_key
from strict_csv.contract import Contract

ARGUMENTS = {
    "lane": "glue",
    "bucket": "bucket",
    "datasets": "flights,airlines",
    "curated_database_prefix": "nf1_dev_curated_",
    "code_version": "v1",
}
ROW = {name: {"bigint": 1, "string": "x", "double": 0.5}[kind] for name, kind in delays.COLUMNS}


class Engine:
    """Stands for Spark: remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, contract: Contract, base_path: str, paths: list[str]) -> list[dict[str, Any]]:
        assert (contract.dataset, base_path) == ("flights", "s3://bucket/curated/glue/flights/")
        self.asked.append(paths)
        return [ROW]


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        glue = boto3.client("glue", region_name="us-east-1")
        s3.create_bucket(Bucket="bucket")
        glue.create_database(DatabaseInput={"Name": "nf1_dev_curated_glue"})
        yield {"s3": s3, "glue": glue}


def commit(s3: Any, dataset: str, letter: str, outputs: tuple[Output, ...]) -> None:
    file = FileEntry(key=f"landing/{dataset}/{letter}.csv", version="v", bytes=0, status="converted")
    entry = LedgerEntry(batch_id=letter * 64, dataset=dataset, files=(file,), outputs=outputs)
    s3.put_object(
        Bucket="bucket",
        Key=ledger_key("glue", dataset, f"{ord(letter):08d}"),
        Body=json.dumps(entry.to_mapping()).encode(),
    )


def crawl(glue: Any, dataset: str, *, folders: tuple[str, ...] | None = None, **changed: str) -> None:
    """The table that a crawler makes; `changed` gives columns another type, "" leaves one out."""
    contract = dataset_contract(dataset)
    columns = {c.name.lower(): c.type for c in contract.columns} | changed
    keys = tuple(f"{name}_part" for name in contract.partition_by) if folders is None else folders
    glue.create_table(
        DatabaseName="nf1_dev_curated_glue",
        TableInput={
            "Name": dataset,
            "StorageDescriptor": {"Columns": [{"Name": n, "Type": t} for n, t in columns.items() if t]},
            "PartitionKeys": [{"Name": name, "Type": "int"} for name in keys],
        },
    )


FLIGHTS = (
    Output(key="curated/glue/flights/month_part=1/a.parquet", rows=2, bytes=1),
    Output(key="curated/glue/flights/month_part=2/a.parquet", rows=0, bytes=1),
)


def ready(clients: dict[str, Any]) -> None:
    commit(clients["s3"], "flights", "a", FLIGHTS)
    commit(clients["s3"], "airlines", "b", (Output(key="curated/glue/airlines/b.parquet", rows=1, bytes=1),))


def test_the_report_covers_the_ledgers_files_and_is_committed_once(clients: dict[str, Any]) -> None:
    ready(clients)
    crawl(clients["glue"], "flights")
    crawl(clients["glue"], "airlines")
    engine = Engine()
    first = run(ARGUMENTS, compute=engine, **clients)
    again = run(ARGUMENTS, compute=engine, **clients)
    assert (first["nothing_new"], first["rows"], first["tables_checked"]) == (False, 1, 2)
    assert again["reason"] == "this report was already committed"
    assert engine.asked == [["s3://bucket/curated/glue/flights/month_part=1/a.parquet"]]
    snapshot = SnapshotShelf(s3=clients["s3"], bucket="bucket", lane="glue").of(("a" * 64,))
    assert snapshot is not None
    assert (snapshot.snapshot_id, snapshot.rows) == (first["snapshot_id"], 1)
    body = clients["s3"].get_object(Bucket="bucket", Key=snapshot.outputs[0].key)["Body"].read()
    assert len(body) == snapshot.outputs[0].bytes
    assert pq.read_table(pa.BufferReader(body)).to_pylist() == [ROW]


def test_a_new_batch_makes_a_new_report(clients: dict[str, Any]) -> None:
    ready(clients)
    crawl(clients["glue"], "flights")
    crawl(clients["glue"], "airlines")
    engine = Engine()
    first = run(ARGUMENTS, compute=engine, **clients)
    commit(clients["s3"], "flights", "c", (Output(key="curated/glue/flights/month_part=3/c.parquet", rows=1, bytes=1),))
    second = run(ARGUMENTS, compute=engine, **clients)
    assert first["snapshot_id"] != second["snapshot_id"]
    assert len(engine.asked[1]) == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"dep_delay": "string"}, "flights.dep_delay is string, the contract says bigint"),
        ({"dep_delay": ""}, "flights.dep_delay is missing, the contract says bigint"),
        ({"extra": "string"}, "flights.extra is string, the contract says nothing"),
        ({"tailnum": "int"}, "flights.tailnum is int, the contract says string"),
        ({"month": ""}, "flights.month is missing, the contract says bigint"),
        (
            {"folders": ("month",)},
            r"flights is partitioned by \['month'\], its files lie in",
        ),
        ({"folders": ("month",)}, "flights has the column month twice"),
    ],
)
def test_a_table_unlike_its_contract_stops_the_job(clients: dict[str, Any], changed: dict, said: str) -> None:
    ready(clients)
    crawl(clients["glue"], "airlines")
    crawl(clients["glue"], "flights", **changed)
    engine = Engine()
    with pytest.raises(TablesMissing, match=said):
        run(ARGUMENTS, compute=engine, **clients)
    assert engine.asked == []


def test_a_missing_table_stops_the_job_but_not_that_of_an_empty_dataset(clients: dict[str, Any]) -> None:
    commit(clients["s3"], "flights", "a", FLIGHTS)
    commit(clients["s3"], "airlines", "b", ())
    with pytest.raises(TablesMissing, match="no table flights") as failure:
        run(ARGUMENTS, compute=Engine(), **clients)
    assert "airlines" not in str(failure.value)


def test_missing_partition_keys_are_noticed(clients: dict[str, Any]) -> None:
    contract = dataset_contract("flights")
    columns = [{"Name": c.name, "Type": c.type} for c in contract.columns]
    clients["glue"].create_table(
        DatabaseName="nf1_dev_curated_glue",
        TableInput={"Name": "flights", "StorageDescriptor": {"Columns": columns}},
    )
    with pytest.raises(TablesMissing, match="partitioned by"):
        check_tables(clients["glue"], database="nf1_dev_curated_glue", contracts=[contract])


def test_files_whose_month_stands_in_folders_alone_are_still_reported(clients: dict[str, Any]) -> None:
    """Committed before partition columns stood in the files."""
    older = Output(key="curated/glue/flights/month=1/a.parquet", rows=2, bytes=1)
    commit(clients["s3"], "flights", "a", (older,))
    crawl(clients["glue"], "flights", folders=("month",), month="")
    engine = Engine()
    assert run(ARGUMENTS | {"datasets": "flights"}, compute=engine, **clients)["rows"] == 1
    assert engine.asked == [["s3://bucket/curated/glue/flights/month=1/a.parquet"]]


def test_without_flights_there_is_no_report(clients: dict[str, Any]) -> None:
    engine = Engine()
    assert run(ARGUMENTS, compute=engine, **clients)["reason"] == "no committed batch of flights"
    assert engine.asked == []


def test_the_loser_of_a_race_says_so_and_leaves_a_readable_report(clients: dict[str, Any]) -> None:
    shelf = SnapshotShelf(s3=clients["s3"], bucket="bucket", lane="glue")
    identity = snapshot_id(("a",), "v1")
    assert shelf.commit(identity, batches=("a",), code_version="v1", rows=[ROW])
    assert not shelf.commit(identity, batches=("a",), code_version="v1", rows=[ROW, ROW])
    snapshot = SnapshotShelf(s3=clients["s3"], bucket="bucket", lane="glue").of(("a",))
    assert snapshot is not None
    body = clients["s3"].get_object(Bucket="bucket", Key=snapshot.outputs[0].key)["Body"].read()
    assert pq.read_metadata(io.BytesIO(body)).num_rows == snapshot.rows == 1


def test_the_identity_depends_on_batches_and_code_alone() -> None:
    assert snapshot_id(("b", "a"), "v1") == snapshot_id(("a", "b"), "v1")
    assert len({snapshot_id(("a",), "v1"), snapshot_id(("a",), "v2"), snapshot_id(("a", "b"), "v1")}) == 3


def test_newest_report_over_exactly_these_batches_is_found(clients: dict[str, Any]) -> None:
    shelf = SnapshotShelf(s3=clients["s3"], bucket="bucket", lane="glue")
    for batches, version in ((("a",), "v1"), (("a", "b"), "v1"), (("a",), "v2")):
        assert shelf.commit(snapshot_id(batches, version), batches=batches, code_version=version, rows=[ROW])
    found = shelf.of(("b", "a"))
    assert found is not None
    assert (found.snapshot_id, found.batches) == (snapshot_id(("a", "b"), "v1"), ("a", "b"))
    newest = max(snapshot_id(("a",), version) for version in ("v1", "v2"))  # of the same second
    assert shelf.of(("a",)).snapshot_id == newest
    assert shelf.of(("b",)) is None


def test_report_whose_entry_lies_where_older_code_put_it_is_found_and_not_made_again(clients: dict[str, Any]) -> None:
    shelf = SnapshotShelf(s3=clients["s3"], bucket="bucket", lane="glue")
    identity = snapshot_id(("a",), "v1")
    shelf.commit(identity, batches=("a",), code_version="v1", rows=[ROW])
    [entry] = clients["s3"].list_objects_v2(Bucket="bucket", Prefix="ledger/glue/_aggregates/")["Contents"]
    source = {"Bucket": "bucket", "Key": entry["Key"]}
    older = f"ledger/glue/_aggregates/{identity}.json"
    clients["s3"].copy_object(Bucket="bucket", Key=older, CopySource=source)
    clients["s3"].delete_object(**source)
    assert shelf.has(identity, batches=("a",))
    assert shelf.of(("b",)) is None
    assert shelf.of(("a",)).snapshot_id == identity
