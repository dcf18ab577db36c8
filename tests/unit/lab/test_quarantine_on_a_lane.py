"""`lab quarantine` on the lanes of a deployed pipeline, as it is typed: quarantined rows are listed, explained,
exported, replayed once and no more, in one lane or in all.

The bucket is moto's, reached with `--on aws`; the local AWS is one more endpoint (tests/behaviour).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from lab import cli
from lab.target import aws_target
from lake.contracts import dataset_contract
from lake.convert.batch import BatchPlace, convert_batch
from lake.convert.lane_place import lane_place
from lake.convert.single_engine import SingleEngine
from lake.ledger.entry import LedgerEntry
from lake.stores import s3_store
from lake.stores.s3_store import S3Store
from pipeline import layout
from pipeline.steps import LANES

DATASET = "airlines"
NOISY = "carrier,name\n" + "".join(f"N{number},name {number}\n" for number in range(10)) + "N10\nN11,\x1b[31m,x\n"
MENDED = b"carrier,name\nN10,name 10\nN11,name 11\n"


@dataclass(frozen=True, kw_only=True)
class Said:
    code: int
    out: str
    err: str


class Lanes:
    """A bucket with one noisy file of airlines, converted in every lane, and what can be typed about it."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.s3 = boto3.client("s3")
        self.bucket = aws_target().names.data_bucket
        self.s3.create_bucket(Bucket=self.bucket)
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self.s3.put_object(Bucket=self.bucket, Key=f"{layout.landing_prefix(DATASET)}noisy.csv", Body=NOISY.encode())
        for lane in LANES:
            convert_batch(
                place=self.place(lane), contract=dataset_contract(DATASET), engine=SingleEngine(), code_version="1"
            )

    def place(self, lane: str) -> BatchPlace:
        return lane_place(store=S3Store(bucket=self.bucket, region="us-east-1"), lane=lane, dataset=DATASET)

    def __call__(self, action: str, *options: str, lane: str = "all") -> Said:
        where = ("--dataset", DATASET, "--on", "aws", "--orchestrator", lane)
        code = cli.main(["quarantine", action, *where, *options])
        said = self._capsys.readouterr()
        return Said(code=code, out=said.out, err=said.err)

    def entries(self, lane: str) -> list[LedgerEntry]:
        return self.place(lane).ledger.entries()

    def carriers(self, lane: str) -> list[str]:
        """Of every curated file that lies there, whatever the ledger says."""
        found: list[dict[str, Any]] = []
        for key in self.place(lane).sink.keys(layout.curated_prefix(lane, DATASET)):
            body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            found += pq.ParquetFile(io.BytesIO(body)).read().to_pylist()
        return sorted((row["carrier"] for row in found), key=lambda one: int(one[1:]))


def carriers(count: int) -> list[str]:
    return [f"N{number}" for number in range(count)]


@pytest.fixture
def lanes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Lanes]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3_store._client.cache_clear()
        yield Lanes(capsys)
    s3_store._client.cache_clear()


def test_list_names_rows_and_held_batch_of_each_lane(lanes: Lanes, tmp_path: Path) -> None:
    said = lanes("list", "--json", str(tmp_path / "list.json"))
    assert said.code == 0
    for lane in LANES:
        assert f"{lane}:\n2 rows of 1 file in quarantine\nlanding/airlines/noisy.csv\n" in said.out
        assert f"lab quarantine explain --dataset airlines --orchestrator {lane} --on aws" in said.out
    assert said.out.count("2 of 12 rows rejected, 1.00% tolerated") == len(LANES)
    found = json.loads((tmp_path / "list.json").read_text())["places"]
    assert [(one["where"], one["rows"], len(one["held"])) for one in found] == [(lane, 2, 1) for lane in LANES]

    alone = lanes("list", lane="airflow")
    assert [line for line in alone.out.splitlines() if line.endswith(":")] == ["airflow:"]


def test_explain_shows_the_rows_as_they_stand_in_the_file(lanes: Lanes) -> None:
    said = lanes("explain", "--reason", "field_count", lane="glue")
    assert said.code == 0
    assert "landing/airlines/noisy.csv, line 12, bytes" in said.out
    assert "\n    N10\n" in said.out
    assert "N11,\\x1b[31m,x" in said.out
    assert "\x1b" not in said.out
    assert "lab quarantine replay --dataset airlines --orchestrator glue --on aws\n" in said.out, "without --contract"


def test_exported_rows_that_were_mended_are_replayed_once_in_their_lane(lanes: Lanes, tmp_path: Path) -> None:
    mend = tmp_path / "mend"
    said = lanes("export", "--to", str(mend), lane="stepfunctions")
    assert (said.code, "0001-noisy.csv  2 rows of landing/airlines/noisy.csv" in said.out) == (0, True)
    assert (mend / "0001-noisy.csv").read_bytes() == b"carrier,name\nN10\nN11,\x1b[31m,x\n"

    (mend / "0001-noisy.csv").write_bytes(MENDED)
    again = f"lab quarantine replay --dataset airlines --orchestrator stepfunctions --on aws --repaired {mend}"
    assert again in said.out, "what is said to be typed is typed here"
    first = lanes("replay", "--repaired", str(mend), lane="stepfunctions")
    assert (first.code, first.out) == (0, "stepfunctions:\n2 rows curated, 0 still in quarantine\n")
    entries = lanes.entries("stepfunctions")
    second = lanes("replay", "--repaired", str(mend), lane="stepfunctions")
    assert (second.code, second.out) == (0, "stepfunctions:\nnothing is in quarantine, nothing was changed\n")
    assert lanes.entries("stepfunctions") == entries

    assert lanes.carriers("stepfunctions") == carriers(12)
    assert lanes("list", lane="stepfunctions").out == "stepfunctions:\nno row is in quarantine\n", "nothing is held"
    assert lanes.carriers("glue") == lanes.carriers("airflow") == carriers(10), "other lanes are as they were"


def test_row_mended_wrongly_stays_where_it_was_and_is_named(lanes: Lanes, tmp_path: Path) -> None:
    mend = tmp_path / "mend"
    lanes("export", "--to", str(mend), lane="glue")
    (mend / "0001-noisy.csv").write_bytes(b"carrier,name\nN10,name 10\nN1,twice\n")
    said = lanes("replay", "--repaired", str(mend), lane="glue")
    assert "1 row curated, 1 still in quarantine" in said.out
    assert "0001-noisy.csv:3" in said.out
    assert lanes.carriers("glue") == carriers(11)
    assert "N11,\\x1b[31m,x" in lanes("explain", lane="glue").out, "as it stood in the file"


def test_replay_by_a_mended_contract_is_done_in_every_lane_and_once(lanes: Lanes, tmp_path: Path) -> None:
    """Rows of two fields only: a field count is no matter of contracts, so the second file's rows are."""
    key = f"{layout.landing_prefix(DATASET)}null.csv"
    lanes.s3.put_object(Bucket=lanes.bucket, Key=key, Body=b"carrier,name\nN12,NA\nN13,name 13\n")
    contract = dataset_contract(DATASET)
    for lane in LANES:
        convert_batch(place=lanes.place(lane), contract=contract, engine=SingleEngine(), code_version="1")
    held = lanes("list", "--json", str(tmp_path / "held.json"))
    assert held.code == 0
    assert {one["rows"] for one in json.loads((tmp_path / "held.json").read_text())["places"]} == {3}
    mended = tmp_path / "mended.yaml"
    mended.write_text(
        "dataset: airlines\nkey: [carrier]\nnewlines: forbidden\ncolumns:\n"
        "  - {name: carrier, type: string, nullable: false}\n  - {name: name, type: string, nullable: false}\n"
    )
    first = lanes("replay", "--contract", str(mended))
    assert (first.code, first.out.count("1 row curated, 2 still in quarantine")) == (0, len(LANES))
    second = lanes("replay", "--contract", str(mended))
    assert (second.code, second.out.count("none of 2 rows is good now, nothing was changed")) == (0, len(LANES))
    for lane in LANES:
        assert lanes.carriers(lane) == [*carriers(10), "N12", "N13"]


def test_accept_and_withdraw_name_the_batch_and_refuse_an_unknown_one(lanes: Lanes) -> None:
    [batch] = {entry.batch_id for lane in LANES for entry in lanes.entries(lane)}
    for action in ("accept", "withdraw"):
        said = lanes(action, "0123456789", "--reason", "a test", lane="glue")
        assert (said.code, said.out) == (1, "")
        assert f"'0123456789' is not one batch of the ledger: give 6 letters or more of an id; there: {batch[:12]}" in (
            said.err
        )
    assert lanes("accept", batch[:8], lane="glue").code == 2, "no reason was given"
    accepted = lanes("accept", batch[:8], "--reason", "a footer")
    assert (accepted.code, accepted.out.count(f"accepted {batch[:12]}")) == (0, len(LANES))
    assert lanes("accept", "--reason", "a footer").out.count("no batch is held, nothing was changed") == len(LANES)
    withdrawn = lanes("withdraw", batch[:8], "--reason", "wrong delivery", lane="airflow")
    assert (withdrawn.code, f"withdrawn {batch[:12]}" in withdrawn.out) == (0, True)
    assert (lanes.carriers("airflow"), lanes.carriers("glue")) == ([], carriers(10))


def test_what_can_be_meant_in_one_lane_only_is_refused_for_all(lanes: Lanes, tmp_path: Path) -> None:
    before = {lane: lanes.entries(lane) for lane in LANES}
    for action, option in (("export", "--to"), ("replay", "--repaired")):
        said = lanes(action, option, str(tmp_path / "mend"))
        assert (said.code, said.out) == (2, "")
        assert "--orchestrator all: choose one of glue, stepfunctions, airflow here" in said.err
    assert not (tmp_path / "mend").exists()
    lanes("export", "--to", str(tmp_path / "mend"), lane="glue")
    elsewhere = lanes("replay", "--repaired", str(tmp_path / "mend"), lane="airflow")
    assert (elsewhere.code, "RepairRefused" in elsewhere.err) == (1, True)
    assert {lane: lanes.entries(lane) for lane in LANES} == before


def test_dataset_that_is_none_is_refused_with_those_there_are(lanes: Lanes, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["quarantine", "list", "--dataset", "airline", "--on", "aws"]) == 2
    assert "--dataset airline: there are " in (said := capsys.readouterr().err)
    assert "airlines" in said
    assert cli.main(["quarantine", "list", "--on", "aws"]) == 2
    assert "give --output DIR" in capsys.readouterr().err
