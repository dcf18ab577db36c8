"""The lane's ledger, read as data: what is committed, what a run added, and whether its sums agree.

It shares no code with the writer: the documented JSON of a ledger entry is all it knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.errors import RowsNotConserved
from pipeline.layout import ledger_prefix

REFUSED = "refused"
REPLAYED = "replayed"


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Rows and files of some entries."""

    rows_read: int = 0
    rows_curated: int = 0
    rows_quarantined: int = 0
    files_read: int = 0
    files_refused: int = 0


def read_ledger(*, s3: Any, bucket: str, lane: str, datasets: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Every committed entry of the lane by its key."""
    entries = {}
    for dataset in datasets:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=ledger_prefix(lane, dataset))
        for page in pages:
            for item in page.get("Contents", []):
                body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
                entries[item["Key"]] = json.loads(body)
    return entries


def counts(entries: Iterable[dict[str, Any]]) -> Counts:
    entries = list(entries)
    files = [file for entry in entries for file in entry["files"]]
    return Counts(
        rows_read=sum(entry["rows_read"] for entry in entries),
        rows_curated=sum(entry["rows_curated"] for entry in entries),
        rows_quarantined=sum(entry["rows_quarantined"] for entry in entries),
        files_read=sum(file["status"] != REPLAYED for file in files),
        files_refused=sum(file["status"] == REFUSED for file in files),
    )


def check_equations(entries: dict[str, dict[str, Any]]) -> None:
    """I1 and I3 on the ledger's own figures; raises RowsNotConserved naming entry and equation."""
    claimed: dict[tuple[str, str | None], str] = {}
    for key, entry in entries.items():
        _check_sums(key, entry)
        for file in entry["files"]:
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
    files = {(file["key"], file.get("version")): file for entry in entries.values() for file in entry["files"]}
    for one in landed:
        found = files.get((one.file.key, one.version))
        if found is None:
            raise RowsNotConserved(f"{one.file.key} version {one.version} landed and is in no committed batch")
        if found["status"] != REFUSED and found["rows_read"] != one.file.rows:
            counted = "rows that can't be counted" if one.file.rows is None else f"{one.file.rows} rows"
            raise RowsNotConserved(f"{one.file.key} has {counted}, {found['rows_read']} were read")
