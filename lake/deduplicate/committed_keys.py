"""The keys of the rows that are committed, read back from their Parquet files: nothing is kept beside them.

Flows in: ledger entries, and the files that a batch has just written. Flows out: key hashes (and row hashes, where
asked for) of committed rows that could have a key of the batch. What cannot is not read: other partitions where the
key holds the partition columns, row groups whose least and greatest values lie outside of the batch's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lake.deduplicate.key_hashes import key_hashes
from lake.ledger.entry import LedgerEntry, Output
from lake.stores.store import Store
from strict_csv.checksums import ChecksumSums
from strict_csv.contract import Contract
from strict_csv.typed import arrow_type

FOOTERS_AT_A_TIME = 8
FOOTERS_HELD = 64
_ORDERED = ("bigint", "date", "timestamp")
Bounds = dict[str, tuple[int, int]]
Group = tuple[str, int]
"""A Parquet file's key, and the number of a row group in it."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What a batch's keys can be: its partitions' folders, where they count, and bounds of columns. Bounds are the
    numbers that Parquet stores; a column with nulls has none."""

    folders: frozenset[str] | None
    bounds: Bounds


class CommittedKeys:
    """Reads the outputs of `entries`, as far as they are within the reach of the files `written`."""

    def __init__(
        self, *, store: Store, contract: Contract, entries: Iterable[LedgerEntry], written: Sequence[Output]
    ) -> None:
        self._store, self._contract = store, contract
        self._outputs = [output.key for entry in entries for output in entry.outputs]
        self._written = written

    def highs(self) -> Iterator[tuple[Group, np.ndarray]]:
        """(row group, high hashes) of the committed rows within reach."""
        if not self._outputs or not self._written:
            return
        reach = self._reach()
        keys = [key for key in self._outputs if reach.folders is None or _folder(key) in reach.folders]
        with ThreadPoolExecutor(FOOTERS_AT_A_TIME) as pool:  # each is a few requests that wait
            for start in range(0, len(keys), FOOTERS_HELD):
                some = keys[start : start + FOOTERS_HELD]
                for key, metadata in zip(some, pool.map(self._metadata, some), strict=True):
                    yield from self._highs(key, metadata, reach)

    def _highs(self, key: str, metadata: pq.FileMetaData, reach: Reach) -> Iterator[tuple[Group, np.ndarray]]:
        groups = [
            g for g in range(metadata.num_row_groups) if _meets(_bounds(metadata, g, self._bounded), reach.bounds)
        ]
        if not groups:
            return
        with self._store.seekable(key) as file:
            parquet = pq.ParquetFile(file, metadata=metadata)
            for group in groups:
                table = self._read(parquet, group, self._contract.key)
                yield (key, group), key_hashes(table, self._contract.key)[0]

    def _metadata(self, key: str) -> pq.FileMetaData:
        with self._store.seekable(key) as file:
            return pq.ParquetFile(file).metadata

    def rows(self, groups: Collection[Group]) -> Iterator[np.ndarray]:
        """The rows of `groups` as words: high, low, row hash."""
        for key, group in sorted(groups):
            with self._store.seekable(key) as file:
                table = self._read(pq.ParquetFile(file), group, self._contract.column_names)
            high, low = key_hashes(table, self._contract.key)
            yield np.column_stack([high, low, ChecksumSums().add(table)])

    @property
    def _bounded(self) -> list[str]:
        contract = self._contract
        return [name for name in contract.key if contract.column(name).type in _ORDERED]

    def _reach(self) -> Reach:
        bounds: Bounds | None = None
        for output in self._written:
            metadata = self._metadata(output.key)
            for group in range(metadata.num_row_groups):
                found = _bounds(metadata, group, self._bounded)
                bounds = found if bounds is None else _union(bounds, found)
        in_key = set(self._contract.partition_by) <= set(self._contract.key)
        folders = frozenset(_folder(output.key) for output in self._written) if in_key else None
        return Reach(folders=folders, bounds=bounds or {})

    def _read(self, parquet: pq.ParquetFile, group: int, names: Sequence[str]) -> pa.Table:
        """The columns `names` of a row group; one that is younger than the file is null."""
        stored = set(parquet.schema_arrow.names)
        columns = [self._contract.column(name) for name in names]
        found = parquet.read_row_group(group, columns=[name for name in names if name in stored])
        rows = parquet.metadata.row_group(group).num_rows
        return pa.table(
            {
                column.name: found.column(column.name) if column.name in stored else pa.nulls(rows, arrow_type(column))
                for column in columns
            }
        )


def _folder(key: str) -> str:
    return key.rpartition("/")[0]


def _bounds(metadata: pq.FileMetaData, group: int, names: Sequence[str]) -> Bounds:
    """Of the columns that have no null there."""
    held = metadata.row_group(group)
    places = {held.column(place).path_in_schema: place for place in range(held.num_columns)}
    found: Bounds = {}
    for name in names:
        known = held.column(places[name]).statistics
        if known is not None and known.has_min_max and known.has_null_count and not known.null_count:
            found[name] = (known.min_raw, known.max_raw)
    return found


def _union(one: Bounds, other: Bounds) -> Bounds:
    return {
        name: (min(one[name][0], other[name][0]), max(one[name][1], other[name][1])) for name in one if name in other
    }


def _meets(one: Bounds, other: Bounds) -> bool:
    return all(one[name][0] <= other[name][1] and other[name][0] <= one[name][1] for name in one if name in other)
