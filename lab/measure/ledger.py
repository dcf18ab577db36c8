"""The lane's ledger, read as data: what is committed, what a run added, and whether its sums agree.

Its equations share no code with the writer: the documented JSON of a ledger entry is all they know. Which batches are
held follows from the lane's state, as for every reader.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lake.ledger.entry import LedgerEntry
from lake.ledger.lane_state import LaneState
from pipeline.errors import RowsNotConserved
from pipeline.layout import ledger_prefix

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

REFUSED = "refused"
REPLAYED = "replayed"
WITHDRAW = "withdraw"
WITH_ROWS = ("batch", "replay")  # the kinds of entries that have any


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Of some entries."""

    read: int = 0
    curated: int = 0
    quarantined: int = 0


@dataclass(frozen=True, kw_only=True)
class Files:
    """Of some entries."""

    read: int = 0
    refused: int = 0


def read_ledger(*, s3: S3Client, bucket: str, lane: str, datasets: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Every committed entry of the lane by its key."""
    entries = {}
    for dataset in datasets:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=ledger_prefix(lane, dataset))
        for page in pages:
            for item in page.get("Contents", []):
                body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
                entries[item["Key"]] = json.loads(body)
    return entries


def counting(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries with rows that nobody has withdrawn."""
    entries = list(entries)
    gone = {batch for entry in entries if entry.get("kind") == WITHDRAW for batch in entry.get("batches", ())}
    return [entry for entry in entries if entry.get("kind", "batch") in WITH_ROWS and entry.get("batch_id") not in gone]


def states(entries: Mapping[str, dict[str, Any]]) -> dict[str, LaneState]:
    """By dataset, what its entries come to; a slot's key ends with its number, so that keys are in order."""
    found: dict[str, list[LedgerEntry]] = defaultdict(list)
    for key in sorted(entries):
        found[entries[key]["dataset"]].append(LedgerEntry.from_mapping(entries[key]))
    return {dataset: LaneState.of(those) for dataset, those in found.items()}


def rows_to_load(entries: Mapping[str, dict[str, Any]], *, lake_only: Collection[str] = ()) -> int:
    """What the warehouse must hold: curated rows but for those of held and withdrawn batches, and of datasets that
    stay in the lake."""
    return sum(
        entry.rows_curated
        for dataset, state in states(entries).items()
        for entry in (() if dataset in lake_only else state.loadable)
    )


def counts(entries: Iterable[dict[str, Any]]) -> tuple[Rows, Files]:
    """The rows and files of the entries that count."""
    entries = counting(entries)
    files = [file for entry in entries for file in entry["files"]]
    rows = {name: sum(entry[f"rows_{name}"] for entry in entries) for name in ("read", "curated", "quarantined")}
    read = sum(file["status"] != REPLAYED for file in files)
    return Rows(**rows), Files(read=read, refused=sum(file["status"] == REFUSED for file in files))


def check_equations(entries: dict[str, dict[str, Any]]) -> None:
    """I1, and I3 for what counts, on the ledger's own figures; raises RowsNotConserved naming entry and equation."""
    claimed: dict[tuple[str, str | None], str] = {}
    counted = {id(entry) for entry in counting(entries.values())}
    for key, entry in entries.items():
        _check_sums(key, entry)
        for file in entry["files"] if id(entry) in counted else ():
            if file["status"] == REFUSED:  # it may be read again
                continue
            version = (file["key"], file.get("version"))
            if version in claimed:
                raise RowsNotConserved(
                    f"{file['key']} version {file.get('version')} is in two committed batches, "
                    f"{claimed[version]} and {key}"
                )
            claimed[version] = key


def _check_sums(key: str, entry: dict[str, Any]) -> None:
    if entry["rows_read"] != entry["rows_curated"] + entry["rows_quarantined"]:
        raise RowsNotConserved(
            f"{key}: {entry['rows_read']} rows read, {entry['rows_curated']} curated and "
            f"{entry['rows_quarantined']} quarantined"
        )
    for field in ("rows_read", "rows_curated", "rows_quarantined"):
        of_files = sum(_added(file, field) for file in entry["files"])
        if of_files != entry[field]:
            raise RowsNotConserved(f"{key}: {field} is {entry[field]}, its files add up to {of_files}")
    written = sum(output["rows"] for output in entry["outputs"])
    if written != entry["rows_curated"]:
        raise RowsNotConserved(f"{key}: {entry['rows_curated']} rows curated, its outputs hold {written}")


def _added(file: dict[str, Any], field: str) -> int:
    """A replay reads no new row, and what it takes up again has left quarantine."""
    if file["status"] != REPLAYED or field == "rows_curated":
        return file[field] or 0
    return 0 if field == "rows_read" else file[field] - file["rows_read"]


def check_input(entries: dict[str, dict[str, Any]], landed: Iterable[Any]) -> None:
    """Every landed version is committed, with as many rows as were counted; raises RowsNotConserved."""
    files = {
        (file["key"], file.get("version")): file
        for entry in counting(entries[key] for key in sorted(entries))
        for file in entry["files"]
    }
    for one in landed:
        found = files.get((one.file.key, one.version))
        if found is None:
            raise RowsNotConserved(f"{one.file.key} version {one.version} landed and is in no committed batch")
        if found["status"] != REFUSED and found["rows_read"] != one.file.rows:
            counted = "rows that can't be counted" if one.file.rows is None else f"{one.file.rows} rows"
            raise RowsNotConserved(f"{one.file.key} has {counted}, {found['rows_read']} were read")
