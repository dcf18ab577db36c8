"""How many requests a job makes to know what is committed: per dataset and job, over a ledger of 10 to 10,000 entries.

    python -m benchmarks.ledger_requests --write after      into docs/measured/ledger.json, and ledger.md from it

Flows in: nothing. Flows out: requests below ledger/, and apart from them listings and reads of everything else. The
jobs are the real ones; S3 is in memory, and the warehouse ends the load at its first statement, when the ledger has
been read. Each entry is a batch of one file without rows, so that there is no data to read.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.contenders import PROJECT
from benchmarks.counted_s3 import CountedS3
from lake.aggregate import step as aggregate_step
from lake.aggregate.snapshot import SnapshotShelf, snapshot_id
from lake.contracts import dataset_contract
from lake.convert.batch import convert_batch
from lake.convert.lane_place import lane_place
from lake.convert.single_engine import SingleEngine
from lake.ledger.entry import CONVERTED, FileEntry, LedgerEntry
from lake.ledger.schema import Schema
from lake.load import step as load_step
from lake.stores.s3_store import S3Store
from lake.verify import step as verify_step
from pipeline import layout
from pipeline.errors import LoadFailed

RECORD, PAGE = PROJECT / "docs" / "measured" / "ledger.json", PROJECT / "docs" / "measured" / "ledger.md"
SIZES = (10, 1_000, 10_000)
LANE, DATASET, BUCKET = "glue", "flights", "bucket"
HEADER = b"year,month,day\n"
ARGUMENTS = dict.fromkeys(("workgroup", "database", "secret_arn", "copy_role_arn"), "x") | {
    "lane": LANE,
    "bucket": BUCKET,
    "datasets": DATASET,
    "schema_prefix": "lane_",
}


@dataclass(frozen=True, kw_only=True)
class Requests:
    """Of one job over a ledger of `entries`: below ledger/, and elsewhere."""

    job: str
    entries: int
    gets: int
    lists: int
    puts: int
    other_gets: int
    other_lists: int
    seconds: float


def bodies(entries: int) -> Iterator[tuple[str, bytes]]:
    """(number, slot's JSON) of committed batches whose file held a header and no row."""
    contract = dataset_contract(DATASET)
    file = FileEntry(
        key=f"{layout.landing_prefix(DATASET)}NUMBER.csv",
        version="v1",
        bytes=len(HEADER),
        content_bytes=len(HEADER),
        bytes_header=len(HEADER),
        status=CONVERTED,
        header=contract.column_names,
    )
    entry = LedgerEntry(
        batch_id="NUMBER",
        dataset=DATASET,
        contract=contract.fingerprint,
        files=(file,),
        columns=dict.fromkeys(contract.column_names, "0" * 16),
        written_as=Schema.of(contract),
        at="2026-11-01T00:00:00+00:00",
        run_id="run-NUMBER",
        tolerated=0.01,
    )
    text = json.dumps(entry.to_mapping(), sort_keys=True)
    for number in range(1, entries + 1):
        yield f"{number:08d}", text.replace("NUMBER", f"{number:08d}").encode()


def lane_of(entries: int) -> CountedS3:
    """A bucket with so many slots and landed files, and the reports of the last runs."""
    s3 = CountedS3()
    for number, body in bodies(entries):
        s3.keep(layout.ledger_key(LANE, DATASET, number), body)
        s3.keep(f"{layout.landing_prefix(DATASET)}{number}.csv", HEADER)
    shelf = SnapshotShelf(s3=s3, bucket=BUCKET, lane=LANE)
    for number in range(max(1, entries - 20), entries + 1):
        batches = tuple(f"{one:08d}" for one in range(1, number + 1))
        shelf.commit(snapshot_id(batches, "1"), batches=batches, code_version="1", rows=[])
    return s3


class NoWarehouse:
    """Answers nothing."""

    def __getattr__(self, name: str) -> Any:
        raise LoadFailed(f"{name}: there is no warehouse here")


def convert(s3: CountedS3) -> None:
    place = lane_place(store=S3Store(bucket=BUCKET, region="", client=s3), lane=LANE, dataset=DATASET)
    convert_batch(place=place, contract=dataset_contract(DATASET), engine=SingleEngine(threads=1), code_version="1")


def convert_one_batch(s3: CountedS3) -> None:
    contract = dataset_contract(DATASET)
    s3.keep(f"{layout.landing_prefix(DATASET)}new.csv", ",".join(contract.column_names).encode() + b"\n")
    convert(s3)


def verify(s3: CountedS3) -> None:
    verify_step.run({"lane": LANE, "bucket": BUCKET, "datasets": DATASET}, s3=s3)


def aggregate(s3: CountedS3) -> None:
    arguments = {
        "lane": LANE,
        "bucket": BUCKET,
        "datasets": DATASET,
        "curated_database_prefix": "",
        "code_version": "2",
    }
    aggregate_step.run(arguments, s3=s3, glue=None, compute=lambda *_: [])


def load(s3: CountedS3) -> None:
    try:
        load_step.run(ARGUMENTS, s3=s3, redshift=NoWarehouse(), job_run_id="by hand")
    except LoadFailed as failure:
        if "there is no warehouse here" not in str(failure):
            raise


JOBS: Mapping[str, Callable[[CountedS3], None]] = {
    "convert, no checkpoint yet": convert,
    "convert, nothing new": convert,
    "verify": verify,
    "aggregate": aggregate,
    "load_warehouse": load,
    "convert, one new batch": convert_one_batch,
}


def measured(entries: int) -> list[Requests]:
    """All jobs over one ledger, one after the other."""
    s3 = lane_of(entries)
    return [_of(job, work, s3, entries) for job, work in JOBS.items()]


def _of(job: str, work: Callable[[CountedS3], None], s3: CountedS3, entries: int) -> Requests:
    s3.requests.clear()
    start = time.monotonic()
    work(s3)
    seconds = time.monotonic() - start
    gets, lists, puts = (s3.counted(operation, "ledger") for operation in ("GET", "LIST", "PUT"))
    all_gets, all_lists = (
        sum(count for (done, _), count in s3.requests.items() if done == operation) for operation in ("GET", "LIST")
    )
    return Requests(
        job=job,
        entries=entries,
        gets=gets,
        lists=lists,
        puts=puts,
        other_gets=all_gets - gets,
        other_lists=all_lists - lists,
        seconds=round(seconds, 1),
    )


def page(record: Mapping[str, list[dict[str, Any]]]) -> str:
    """The record as a page."""
    lines = [
        "# What a job asks of the ledger",
        "",
        "Requests below `ledger/` per dataset (flights) and job, with as many entries committed; before and after "
        "checkpoints ([decision 37](../decisions/0037-checkpoints-of-the-ledger.md)). Listings and reads of landing, "
        "outputs and data stand apart. S3 is in memory, so that seconds are those of the job alone (two cores, "
        "shared with other work). Again: "
        "`.venv/bin/python -m benchmarks.ledger_requests --write after`.",
        "",
        "| job | entries | GET before | GET now | LIST before | LIST now | PUT now | other LIST, GET now | s before "
        "| s now |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    before = {(one["job"], one["entries"]): one for one in record["before"]}
    for now in record["after"]:
        was = before.get((now["job"], now["entries"])) or before["convert, nothing new", now["entries"]]
        cells = [now["job"], f"{now['entries']:,}", f"{was['gets']:,}", f"{now['gets']:,}", was["lists"], now["lists"]]
        cells += [now["puts"], f"{now['other_lists']}, {now['other_gets']}", was["seconds"], now["seconds"]]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="requests that a job makes to know what is committed")
    parser.add_argument("--write", choices=("before", "after"), help="record the figures under this name")
    asked = parser.parse_args()
    found = [asdict(one) for entries in SIZES for one in measured(entries)]
    for one in found:
        print(json.dumps(one))
    if asked.write:
        record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
        record[asked.write] = found
        RECORD.write_text(json.dumps(record, indent=1) + "\n")
        if record.keys() == {"before", "after"}:
            PAGE.write_text(page(record))


if __name__ == "__main__":
    main()
