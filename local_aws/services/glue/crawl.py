"""One crawl of S3 targets: objects become tables and partitions in the catalog.

In: an S3 and a Glue client (the emulator's own), a crawler's definition. Out: tables, partitions and their counts.
Objects are grouped by their first folders that are not `key=value`; hidden, empty and excluded objects are ignored, and
a target without objects makes no table, as on AWS. The first object in which a format is recognised says it. Parquet
files of different columns make one table of all columns (`CombineCompatibleSchemas`); `MergeNewColumns` and
`InheritFromTable` of the crawler's configuration are followed.
"""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from local_aws.services.glue.csv_classifier import SAMPLE_BYTES, Columns, csv_table, text_sample
from local_aws.services.glue.parquet_columns import columns_of_files
from local_aws.services.s3_location import s3_location

_PARTITION = re.compile(r"(?P<key>[^/=]+)=(?P<value>[^/]*)")
_PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
}
_CSV = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ","},
    },
}

_GLOBS = {"**": ".*", "*": "[^/]*", "?": "[^/]"}


class PatternNotEmulated(Exception):
    """A pattern uses more of the glob language than is understood here."""


class CrawlCancelled(Exception):
    """StopCrawler ended the crawl."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """One table's worth of objects: `partitions` maps a folder to its values; `keys` are read for the schema."""

    name: str
    location: str
    bucket: str
    keys: list[str]
    partition_keys: list[str]
    partitions: dict[str, list[str]]


def crawl(
    *,
    s3: Any,
    glue: Any,
    definition: dict[str, Any],
    crawler: str,
    check_cancelled: Callable[[], None],
) -> int:
    """Number of tables written. Raises what reading or the catalog raises; `check_cancelled` raises CrawlCancelled."""
    database = definition["DatabaseName"]
    output = json.loads(definition.get("Configuration") or "{}").get("CrawlerOutput", {})
    merges = output.get("Tables", {}).get("AddOrUpdateBehavior") == "MergeNewColumns"
    inherits = output.get("Partitions", {}).get("AddOrUpdateBehavior") == "InheritFromTable"
    glue.get_database(Name=database)
    written = 0
    for target in definition.get("Targets", {}).get("S3Targets", []):
        excluded = excluded_by(target.get("Exclusions", ()))
        for found in _tables(s3, target["Path"], excluded, definition.get("TablePrefix", "")):
            check_cancelled()
            columns, storage, parameters = _described(s3, found)
            keys = found.partition_keys
            table = {
                "Name": found.name,
                "TableType": "EXTERNAL_TABLE",
                "Owner": "owner",
                "Parameters": {**parameters, "EXTERNAL": "TRUE", "UPDATED_BY_CRAWLER": crawler},
                "PartitionKeys": [{"Name": name, "Type": "string"} for name in keys],
                "StorageDescriptor": {
                    **storage,
                    "Location": found.location,
                    # One that is a partition key as well stands there twice, and Athena refuses the table.
                    "Columns": [{"Name": name, "Type": kind} for name, kind in columns],
                },
            }
            _write_table(glue, database, table, merges=merges)
            _write_partitions(glue, database, found, table["StorageDescriptor"], inherits=inherits)
            written += 1
    return written


def _tables(s3: Any, path: str, excluded: Callable[[str], bool], table_prefix: str) -> Iterator[Found]:
    location = s3_location(path)
    root = location.key if not location.key or location.key.endswith("/") else location.key + "/"
    groups: dict[str, list[str]] = defaultdict(list)
    for key in _data_keys(s3, location.bucket, root):
        if excluded(key[len(root) :]):
            continue
        folders = key[len(root) :].split("/")[:-1]
        plain = [folder for folder in folders if not _PARTITION.fullmatch(folder)]
        groups[f"{root}{plain[0]}/" if plain else root].append(key)
    for prefix, keys in sorted(groups.items()):
        partitions, names = _partitions(prefix, keys)
        yield Found(
            name=table_prefix + re.sub(r"[^a-z0-9_]", "_", prefix.rstrip("/").rsplit("/", 1)[-1].lower()),
            location=f"s3://{location.bucket}/{prefix}",
            bucket=location.bucket,
            keys=keys,
            partition_keys=names,
            partitions=partitions,
        )


def _data_keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            if item["Size"] and not item["Key"].rsplit("/", 1)[-1].startswith(("_", ".")):
                yield item["Key"]


def _partitions(prefix: str, keys: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    partitions: dict[str, list[str]] = {}
    names: list[str] = []
    for key in keys:
        folder = key.rsplit("/", 1)[0] + "/"
        pairs = _PARTITION.findall(folder[len(prefix) :])
        if pairs:
            names = [name.lower() for name, _ in pairs]
            partitions[folder] = [unquote(value) for _, value in pairs]
    return partitions, names


def _described(s3: Any, found: Found) -> tuple[Columns, dict[str, Any], dict[str, str]]:
    for key in found.keys:
        head = s3.get_object(Bucket=found.bucket, Key=key, Range=f"bytes=0-{SAMPLE_BYTES - 1}")
        sample = head["Body"].read()
        if sample[:4] == b"PAR1" and not key.lower().endswith(".csv"):  # under such a name it is somebody's mistake
            columns = columns_of_files(s3, bucket=found.bucket, keys=found.keys)
            return columns, _PARQUET, {"classification": "parquet", "typeOfData": "file"}
        if described := _described_csv(sample):
            return described
    return [], _CSV, {"classification": "UNKNOWN", "typeOfData": "file"}


def _described_csv(stored: bytes) -> tuple[Columns, dict[str, Any], dict[str, str]] | None:
    sample = text_sample(stored)
    if sample is None:
        return None
    data, is_whole = sample
    try:
        table = csv_table(data, is_whole=is_whole)
    except csv.Error:  # a field of more than 131,072 characters
        return None
    if table is None:
        return None
    delimiter = table.delimiter
    parameters = {"classification": "csv", "delimiter": delimiter, "columnsOrdered": "true", "typeOfData": "file"}
    if table.has_header:
        parameters["skip.header.line.count"] = "1"
    serde = {**_CSV["SerdeInfo"], "Parameters": {"field.delim": delimiter}}
    return table.columns, {**_CSV, "SerdeInfo": serde}, parameters


def _write_table(glue: Any, database: str, table: dict[str, Any], *, merges: bool) -> None:
    try:
        glue.create_table(DatabaseName=database, TableInput=table)
    except glue.exceptions.AlreadyExistsException:
        storage = table["StorageDescriptor"]
        if merges:
            there = glue.get_table(DatabaseName=database, Name=table["Name"])["Table"]["StorageDescriptor"]["Columns"]
            names = {column["Name"] for column in there}
            storage["Columns"] = [*there, *(one for one in storage["Columns"] if one["Name"] not in names)]
        glue.update_table(DatabaseName=database, TableInput=table)


def _write_partitions(glue: Any, database: str, found: Found, storage: dict[str, Any], *, inherits: bool) -> None:
    if not found.partition_keys:
        return
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=found.name)
    known = {tuple(partition["Values"]): partition for page in pages for partition in page["Partitions"]}
    new, grown = [], []
    for folder, values in found.partitions.items():
        described = {"Values": values, "StorageDescriptor": {**storage, "Location": f"s3://{found.bucket}/{folder}"}}
        there = known.get(tuple(values))
        if there is None:
            new.append(described)
        elif inherits and there["StorageDescriptor"]["Columns"] != storage["Columns"]:
            grown.append({"PartitionValueList": values, "PartitionInput": described})
    where = {"DatabaseName": database, "TableName": found.name}
    for start in range(0, len(new), 100):
        _accepted(glue.batch_create_partition(**where, PartitionInputList=new[start : start + 100]), found)
    for start in range(0, len(grown), 100):
        _accepted(glue.batch_update_partition(**where, Entries=grown[start : start + 100]), found)


def _accepted(answer: dict[str, Any], found: Found) -> None:
    if answer.get("Errors"):
        raise RuntimeError(f"{len(answer['Errors'])} partitions of {found.name} were not written")


def excluded_by(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a key, below the target's path, is left out: AWS's globs, `*` within a folder, `**` across folders."""
    compiled = [_compiled(pattern) for pattern in patterns]
    return lambda key: any(pattern.fullmatch(key) for pattern in compiled)


def _compiled(pattern: str) -> re.Pattern[str]:
    if set(pattern) & set("[]{}\\"):
        raise PatternNotEmulated(f"exclusion {pattern!r}: brackets, braces and backslashes are not emulated")
    parts = re.split(r"(\*\*|\*|\?)", pattern)
    return re.compile("".join(_GLOBS.get(part, re.escape(part)) for part in parts), re.DOTALL)
