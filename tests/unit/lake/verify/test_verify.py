"""verify accepts what the ledger says and notices every single thing that differs."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError

from lake.ledger.entry import FileEntry, LedgerEntry, Output
from lake.verify.dataset import verify_dataset
from lake.verify.readback import read_back
from lake.verify.step import run
from pipeline.errors import ChecksumMismatched, PipelineError, QualityRuleFailed, RowsNotConserved
from tests.unit.lake.verify.small_lake import CONTRACT, KEY, lake, parquet

ROWS = {1: [(1, "a"), (2, None)], 2: [(1, "b")]}


def check(*entries: LedgerEntry, objects: dict[str, bytes]) -> Any:
    return verify_dataset(CONTRACT, entries, lane="glue", read_object=objects.get)


def test_right_data_is_accepted_and_counted() -> None:
    entry, objects = lake(ROWS)
    counts = check(entry, objects=objects)
    assert (counts.batches, counts.files, counts.rows_curated, counts.rows_quarantined) == (1, 2, 3, 1)


def test_a_batch_without_curated_rows_is_accepted() -> None:
    entry, objects = lake({})
    assert check(entry, objects=objects).rows_curated == 0


def swapped(entry: LedgerEntry, objects: dict[str, bytes]) -> LedgerEntry:
    """Other rows in a file of the same number of rows; the ledger's byte count follows."""
    objects[KEY.format(2)] = parquet([(1, "c")])
    size = len(objects[KEY.format(2)])
    outputs = tuple(replace(o, bytes=size) if o.key == KEY.format(2) else o for o in entry.outputs)
    return replace(entry, outputs=outputs)


def moved_value(entry: LedgerEntry, objects: dict[str, bytes]) -> LedgerEntry:
    """Two places swapped between rows: every column's checksum stays, only the rows' digest sees it."""
    objects[KEY.format(1)] = parquet([(1, None), (2, "a")])
    size = len(objects[KEY.format(1)])
    return replace(entry, outputs=tuple(replace(o, bytes=size) if "=1/" in o.key else o for o in entry.outputs))


def lost_file(entry: LedgerEntry, objects: dict[str, bytes]) -> LedgerEntry:
    del objects[KEY.format(1)]
    return entry


def lost_quarantine(entry: LedgerEntry, objects: dict[str, bytes]) -> LedgerEntry:
    del objects["quarantine/glue/trips/a1-0.parquet"]
    return entry


def with_file(**fields: Any) -> Callable[[LedgerEntry, dict[str, bytes]], LedgerEntry]:
    return lambda entry, _: replace(entry, files=(replace(entry.files[0], **fields),))


def wrong_type(entry: LedgerEntry, objects: dict[str, bytes]) -> LedgerEntry:
    objects[KEY.format(2)] = parquet([("1", "b")], pa.schema([("id", pa.string()), ("place", pa.string())]))
    size = len(objects[KEY.format(2)])
    return replace(entry, outputs=tuple(replace(o, bytes=size) if "=2/" in o.key else o for o in entry.outputs))


def not_parquet(entry: LedgerEntry, objects: dict[str, bytes]) -> LedgerEntry:
    objects[KEY.format(2)] = b"x" * len(objects[KEY.format(2)])
    return entry


def reordered(entry: LedgerEntry, objects: dict[str, bytes]) -> LedgerEntry:
    objects[KEY.format(2)] = parquet([("b", 1)], pa.schema([("place", pa.string()), ("id", pa.int64())]))
    size = len(objects[KEY.format(2)])
    return replace(entry, outputs=tuple(replace(o, bytes=size) if "=2/" in o.key else o for o in entry.outputs))


@pytest.mark.parametrize(
    ("damage", "error", "said"),
    [
        (swapped, ChecksumMismatched, "column place"),
        (moved_value, ChecksumMismatched, "whole rows"),
        (lost_file, RowsNotConserved, "not in the bucket"),
        (lost_quarantine, RowsNotConserved, "not in the bucket"),
        (with_file(rows_read=9), RowsNotConserved, "9 rows read"),
        (with_file(bytes=101), RowsNotConserved, "101 bytes"),
        (with_file(rows_read=5, rows_curated=4), RowsNotConserved, "4 rows curated, 3 in the curated files"),
        (with_file(rows_read=5, rows_quarantined=2), RowsNotConserved, "2 rows quarantined, 1 in"),
        (wrong_type, QualityRuleFailed, "id is stored as string"),
        (not_parquet, ChecksumMismatched, "can't be read"),
        (reordered, QualityRuleFailed, "its columns are"),
    ],
)
def test_every_difference_is_noticed(damage: Callable, error: type[PipelineError], said: str) -> None:
    entry, objects = lake(ROWS)
    damaged = damage(entry, objects)
    with pytest.raises(error, match=said):
        check(damaged, objects=objects)


def replayed(rows_read: int) -> tuple[tuple[LedgerEntry, ...], dict[str, bytes]]:
    """A batch whose quarantine file was replayed by a second one that found its row good, and swept."""
    first, objects = lake(ROWS)
    again, more = lake({3: [(3, "mended")]})
    aside = first.quarantine[0]
    objects.pop(aside.key)
    objects |= {key: body for key, body in more.items() if key.startswith("curated/")}
    file = FileEntry(
        key=aside.key, version="once", bytes=aside.bytes, status="replayed", rows_read=rows_read, rows_curated=1
    )
    return (first, replace(again, batch_id="c" * 64, files=(file,), quarantine=())), objects


def test_rows_replayed_from_quarantine_are_counted_once() -> None:
    entries, objects = replayed(rows_read=1)
    counts = check(*entries, objects=objects)
    assert (counts.rows_curated, counts.rows_quarantined) == (4, 0)


def test_a_replay_that_read_other_rows_than_were_set_aside_is_noticed() -> None:
    entries, objects = replayed(rows_read=2)
    with pytest.raises(RowsNotConserved, match="1 rows were in quarantine, 2 were replayed"):
        check(*entries, objects=objects)


def test_a_repeated_key_fails_across_batches() -> None:
    first, objects = lake(ROWS)
    second, more = lake({1: [(1, "other")]})
    other = {key.replace("a1-0", "a2-0"): body for key, body in more.items()}
    second = replace(
        second,
        batch_id="c" * 64,
        files=(replace(second.files[0], version="v2"),),
        outputs=tuple(replace(o, key=o.key.replace("a1-0", "a2-0")) for o in second.outputs),
    )
    with pytest.raises(QualityRuleFailed, match=r"1 value.s. of the key \(month, id\)"):
        check(first, second, objects=objects | other)


def test_a_repeated_key_is_right_where_the_contract_allows_it() -> None:
    entry, objects = lake({1: [(1, "a"), (1, "other")]})
    allowed = replace(CONTRACT, duplicates="allowed")
    assert verify_dataset(allowed, (entry,), lane="glue", read_object=objects.get).rows_curated == 2
    with pytest.raises(QualityRuleFailed, match="duplicates: allowed"):
        check(entry, objects=objects)


def test_a_null_in_a_column_without_nulls_fails() -> None:
    body = parquet([(None, "a")])
    with pytest.raises(QualityRuleFailed, match=r"1 null.s. in id"):
        read_back(body, key=KEY.format(1), contract=CONTRACT)


def test_one_object_version_in_two_batches_fails() -> None:
    entry, objects = lake(ROWS)
    with pytest.raises(RowsNotConserved, match="object version"):
        check(entry, replace(entry, batch_id="c" * 64), objects=objects)


def test_a_lane_without_batches_is_not_verified() -> None:
    with pytest.raises(RowsNotConserved, match="no committed batch"):
        check(objects={})


def test_a_partition_folder_that_lies_fails() -> None:
    with pytest.raises(QualityRuleFailed, match="month is no bigint"):
        read_back(parquet([(1, "a")]), key=KEY.format("one"), contract=CONTRACT)


class StoredObjects:
    """The three S3 calls of the job, on a dictionary."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def get_paginator(self, name: str) -> "StoredObjects":
        assert name == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> list[dict[str, Any]]:
        listed = [{"Key": key, "LastModified": 0} for key in sorted(self.objects) if key.startswith(Prefix)]
        return [{"Contents": listed}]

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}


ARGUMENTS = {"lane": "glue", "bucket": "b", "datasets": "airlines"}


def airline_objects(rows: list[tuple]) -> dict[str, bytes]:
    """The real contract of airlines with a ledger entry that claims one row."""
    schema = pa.schema([("carrier", pa.string()), ("name", pa.string())])
    body = parquet(rows, schema)
    entry = LedgerEntry(
        batch_id="d" * 64,
        dataset="airlines",
        files=(
            FileEntry(key="k", version="v", bytes=1, status="converted", rows_read=1, rows_curated=1, bytes_curated=1),
        ),
        columns={"carrier": "91b0eb5a7dd2d4b7", "name": "0"},
        outputs=(Output(key="curated/glue/airlines/a.parquet", rows=1, bytes=len(body)),),
    )
    return {
        "curated/glue/airlines/a.parquet": body,
        "ledger/glue/airlines/00000001.json": json.dumps(entry.to_mapping()).encode(),
    }


def test_the_job_reads_ledger_and_objects_from_the_bucket() -> None:
    with pytest.raises(ChecksumMismatched, match="airlines batch dddd"):
        run(ARGUMENTS, s3=StoredObjects(airline_objects([("AA", "American")])))
    with pytest.raises(RowsNotConserved, match="no committed batch"):
        run(ARGUMENTS, s3=StoredObjects({}))


WHOLE = pa.schema([("month", pa.int64()), ("id", pa.int64()), ("place", pa.string())])


def test_a_file_that_holds_its_partition_column_measures_as_one_that_lacks_it() -> None:
    whole = parquet([(1, 1, "a"), (1, 2, None)], WHOLE)
    key = "curated/glue/trips/month_part=1/a1-0.parquet"
    measured = read_back(whole, key=key, contract=CONTRACT)
    assert measured == read_back(parquet([(1, "a"), (2, None)]), key=KEY.format(1), contract=CONTRACT)


@pytest.mark.parametrize(
    ("rows", "folder", "said"),
    [
        ([(1, 1, "a"), (2, 2, "b")], "month_part=1", "month holds other values than its folder says"),
        ([(1, 1, "a")], "month_part=2", "month holds other values than its folder says"),
        ([(1, 1, "a")], "month_part=x", "the folder of month is no bigint"),
        ([(1, 1, "a")], "elsewhere", "has 0 folders named month_part="),
        ([(1, 1, "a")], "month=1", "its columns are"),
    ],
)
def test_a_file_in_the_wrong_folder_is_noticed(rows: list[tuple], folder: str, said: str) -> None:
    with pytest.raises(QualityRuleFailed, match=said):
        read_back(parquet(rows, WHOLE), key=f"curated/glue/trips/{folder}/a.parquet", contract=CONTRACT)
