"""One digest of a lane's curated rows, the same for any order, file layout, writer or partitioning.

Read back from the Parquet files that the ledger names, by DuckDB, sharing no code with the writer.
Definition: a row's text is, over its columns in name order, `-` for null, else the value's length in
characters, `:` and the value as DuckDB prints it; a row's number is the MD5 of that text, as two
unsigned 64-bit halves; a dataset's line is its name, its rows and the two sums of halves; the digest
is the SHA-256 of the lines in name order. A folder `zip_part=` beside a column zip only repeats it and does not
count; a column that only folders say (`zip=`, older files) counts like any other.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from pipeline.errors import RowsNotConserved

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def output_digest(entries: Iterable[dict[str, Any]], *, s3: S3Client, bucket: str) -> str:
    """Hex digest; raises RowsNotConserved where files hold other than the ledger's rows."""
    outputs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        outputs[entry["dataset"]] += entry["outputs"]
    with tempfile.TemporaryDirectory() as scratch:
        lines = [
            _line(dataset, found, s3=s3, bucket=bucket, scratch=Path(scratch))
            for dataset, found in sorted(outputs.items())
        ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _line(dataset: str, outputs: list[dict[str, Any]], *, s3: S3Client, bucket: str, scratch: Path) -> str:
    paths = []
    for output in outputs:
        path = scratch / output["key"]
        path.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, output["key"], str(path))
        paths.append(str(path))
    rows, low, high = digest_of_files(paths) if paths else (0, 0, 0)
    promised = sum(output["rows"] for output in outputs)
    if rows != promised:
        raise RowsNotConserved(f"dataset {dataset}: the ledger promises {promised} rows, its files hold {rows}")
    return f"{dataset} {rows} {low} {high}\n"


def digest_of_files(paths: list[str]) -> tuple[int, int, int]:
    """(rows, sum of lower halves, sum of upper halves) over Parquet files of one table."""
    connection = duckdb.connect()
    try:
        connection.execute("SET TimeZone = 'UTC'")
        table = connection.read_parquet(paths, hive_partitioning=True, union_by_name=True)
        text = " || ".join(_cell(column) for column in sorted(_counted(table.columns, paths[0])))
        numbers = table.project(f"{text} AS row_text")
        totals = numbers.query(
            "numbers",
            "SELECT count(*), coalesce(sum(md5_number_lower(row_text)::HUGEINT), 0), "
            "coalesce(sum(md5_number_upper(row_text)::HUGEINT), 0) FROM numbers",
        ).fetchone()
    finally:
        connection.close()
    if totals is None:
        raise RowsNotConserved("DuckDB gave no totals; this is a defect of the digest")
    return int(totals[0]), int(totals[1]), int(totals[2])


def _counted(columns: list[str], path: str) -> list[str]:
    """Without the columns that DuckDB makes of folders which repeat a column of the files."""
    folders = {part.split("=", 1)[0] for part in path.split("/")[:-1] if "=" in part}
    lower = {column.lower() for column in columns}
    repeated = {name for name in folders if name.removesuffix("_part") in lower - {name}}
    return [column for column in columns if column not in repeated]


def _cell(column: str) -> str:
    name = '"' + column.replace('"', '""') + '"'
    value = f"CAST({name} AS VARCHAR)"
    return f"CASE WHEN {name} IS NULL THEN '-' ELSE length({value}) || ':' || {value} END"
