"""Reads one curated Parquet file back, column by column, and measures it against its contract.

Flows in: the file's bytes, its contract and its key. Flows out: `Readback`, and one number per row that stands
for its key. Raises QualityRuleFailed for wrong columns, types or nulls, and where a folder says another value than
the file's partition column. It knows no ledger and no store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lake.verify.checksums import Hashes, mix, total, value_hashes, weight
from pipeline.errors import QualityRuleFailed
from strict_csv.contract import Column, Contract
from strict_csv.partitions import folder_column, stand_in_path_alone

_BATCH_ROWS = 131072
_STORED_AS = {
    "string": {pa.string(), pa.large_string()},
    "bigint": {pa.int64()},
    "double": {pa.float64()},
    "boolean": {pa.bool_()},
    "date": {pa.date32()},
    "timestamp": {pa.timestamp("us"), pa.timestamp("us", tz="UTC")},
}


@dataclass(frozen=True, kw_only=True)
class Readback:
    """What a file holds: rows, checksum sums per column, and the digest sum."""

    rows: int
    columns: dict[str, int]
    digest: int


def read_back(
    body: bytes, *, key: str, contract: Contract, note_keys: Callable[[Hashes], None] = lambda _numbers: None
) -> Readback:
    """Measures every value of the file at `key`, partition columns included."""
    file = pq.ParquetFile(pa.BufferReader(body))
    alone = _in_folders_alone(key, contract)
    _check_schema(file.schema_arrow, [column for column in contract.columns if column.name not in alone], key)
    folders = {
        name: _folder_value(key, contract.column(name), folder_column(name))
        for name in contract.partition_by
        if name not in alone
    }
    rows, digest = 0, 0
    columns = dict.fromkeys(contract.column_names, 0)
    for batch in _batches(file, key, contract, contract.column_names):
        row_sums, key_sums = np.zeros((2, batch.num_rows), dtype=np.uint64)
        for column in contract.columns:
            array = batch.column(column.name)
            if array.null_count and not column.nullable:
                raise QualityRuleFailed(f"{key}: {array.null_count} null(s) in {column.name}, which is never null")
            if column.name in folders and not _all_equal(array, folders[column.name]):
                raise QualityRuleFailed(
                    f"{key}: {column.name} holds other values than its folder says, and a reader that looks by folder "
                    "would miss them; convert again"
                )
            hashes = value_hashes(array)
            columns[column.name] += total(hashes)
            weighed = weight(column.name) * hashes
            row_sums += weighed
            if column.name in contract.key:
                key_sums += weighed
        rows += batch.num_rows
        digest += total(mix(row_sums))
        note_keys(mix(key_sums))
    return Readback(rows=rows, columns=columns, digest=digest)


def keys_among(body: bytes, *, key: str, contract: Contract, numbers: Hashes) -> Iterator[pa.RecordBatch]:
    """The key's columns of the rows that `read_back` noted one of `numbers` for."""
    for batch in _batches(pq.ParquetFile(pa.BufferReader(body)), key, contract, contract.key):
        sums = np.zeros(batch.num_rows, dtype=np.uint64)
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            sums += weight(name) * value_hashes(column)
        yield batch.filter(pa.array(np.isin(mix(sums), numbers)))


def _batches(file: pq.ParquetFile, key: str, contract: Contract, names: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    constants = {name: _folder_value(key, contract.column(name), name) for name in _in_folders_alone(key, contract)}
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=[name for name in names if name not in constants]):
        yield pa.record_batch(
            {
                name: pa.repeat(constants[name], batch.num_rows) if name in constants else batch.column(name)
                for name in names
            }
        )


def _all_equal(array: pa.Array, value: pa.Scalar) -> bool:
    equal = pc.call_function("equal", [array, value])
    return len(array) == 0 or pc.call_function("all", [equal]).as_py()


def _check_schema(schema: pa.Schema, stored: list[Column], key: str) -> None:
    expected = [column.name for column in stored]
    # COPY maps by position, so the order counts too.
    if schema.names != expected:
        raise QualityRuleFailed(f"{key}: its columns are {schema.names}, the contract's are {expected}; convert again")
    for column in stored:
        found = schema.field(column.name).type
        allowed = {pa.decimal128(*column.decimal)} if column.decimal else _STORED_AS[column.type]
        if found not in allowed:
            raise QualityRuleFailed(f"{key}: {column.name} is stored as {found}, the contract says {column.type}")


def _in_folders_alone(key: str, contract: Contract) -> tuple[str, ...]:
    """The partition columns that the file lacks: all of them in files of the older layout, else none."""
    return contract.partition_by if stand_in_path_alone(key, contract.partition_by) else ()


def _folder_value(key: str, column: Column, name: str) -> pa.Scalar:
    """What the folder `name=` says of `column`."""
    marks = [part for part in key.split("/")[:-1] if part.startswith(f"{name}=")]
    if len(marks) != 1:
        raise QualityRuleFailed(f"{key}: has {len(marks)} folders named {name}=, exactly one is due")
    spelled = unquote(marks[0].split("=", 1)[1])
    try:
        match column.type:
            case "bigint":
                return pa.scalar(int(spelled), pa.int64())
            case "boolean":
                return pa.scalar({"true": True, "false": False}[spelled.lower()])
            case "date":
                return pa.scalar(date.fromisoformat(spelled), pa.date32())
            case _:
                return pa.scalar(spelled, pa.string())
    except (ValueError, KeyError):
        raise QualityRuleFailed(f"{key}: the folder of {column.name} is no {column.type}") from None
