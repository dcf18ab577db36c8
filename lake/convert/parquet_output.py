"""Typed rows as partitioned Parquet files of a store, partition columns included.

Flows in: tables. Flows out: `Output`s, once closed. Rows wait in memory until `buffer_bytes` are held, then
the fullest partition is written as a row group; at most MAX_OPEN_FILES are open, so neither the number of
rows nor of partitions matters to memory. A file that has reached `file_bytes` is finished, and another begun.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from lake.convert import partition
from lake.ledger.entry import Output
from lake.parquet_format import parquet_writer
from lake.stores.store import ObjectWriter, Store

BUFFER_BYTES = 96 * 1024 * 1024
FILE_BYTES = 256 * 1024 * 1024
MAX_OPEN_FILES = 64
LOOSE_TABLES = 256
ROW_GROUP_ROWS = 1024 * 1024
DICTIONARY_BYTES = 128 * 1024


@dataclass
class _OpenFile:
    key: str
    writer: ObjectWriter
    parquet: pq.ParquetWriter
    rows: int = 0


@dataclass
class _Waiting:
    tables: list[pa.Table] = field(default_factory=list)
    loose: list[pa.Table] = field(default_factory=list)
    size_bytes: int = 0

    def add(self, rows: pa.Table) -> None:
        """A table of a few rows takes many times its bytes, so that those of tiny files are put together."""
        self.loose.append(rows)
        self.size_bytes += rows.nbytes
        if len(self.loose) == LOOSE_TABLES:
            self.tables.append(pa.concat_tables(self.loose).combine_chunks())
            self.loose.clear()


class ParquetOutput:
    """Writes below `prefix`; `name` makes a new file name that no other attempt uses."""

    def __init__(
        self,
        *,
        store: Store,
        prefix: str,
        partition_by: tuple[str, ...],
        name: Callable[[], str],
        buffer_bytes: int = BUFFER_BYTES,
        file_bytes: int = FILE_BYTES,
    ) -> None:
        self._buffer_bytes, self._file_bytes = buffer_bytes, file_bytes
        self._store, self._prefix, self._partition_by, self._name = store, prefix, partition_by, name
        self._waiting: dict[tuple[object, ...], _Waiting] = {}
        self._waiting_bytes = 0
        self._open: dict[tuple[object, ...], _OpenFile] = {}
        self._done: list[Output] = []

    def add(self, table: pa.Table) -> None:
        """Take the rows of `table`."""
        for values, rows in partition.split(table, self._partition_by):
            self._waiting.setdefault(values, _Waiting()).add(rows)
            self._waiting_bytes += rows.nbytes
        while self._waiting_bytes > self._buffer_bytes:
            self._write(max(self._waiting, key=lambda values: self._waiting[values].size_bytes))

    def close(self) -> list[Output]:
        """Write what waits, finish every file, and say what there is; again is harmless."""
        for values in list(self._waiting):
            self._write(values)
            if values in self._open:
                self._finish(values)
        for values in list(self._open):
            self._finish(values)
        return sorted(self._done, key=lambda output: output.key)

    def abandon(self) -> None:
        """Remove everything that this output has written."""
        for file in self._open.values():
            file.parquet.close()  # else it would write its footer when collected, into a closed file
            file.writer.abandon()
        self._store.delete(output.key for output in self._done)
        self._open, self._waiting, self._done = {}, {}, []

    def _write(self, values: tuple[object, ...]) -> None:
        waiting = self._waiting.pop(values)
        self._waiting_bytes -= waiting.size_bytes
        table = pa.concat_tables([*waiting.tables, *waiting.loose])
        if values not in self._open:
            self._open[values] = self._start(values, table.schema)
        file = self._open[values]
        file.parquet.write_table(table, row_group_size=ROW_GROUP_ROWS)
        file.rows += table.num_rows
        if file.writer.file.tell() >= self._file_bytes:
            self._finish(values)
        elif len(self._open) > MAX_OPEN_FILES:
            self._finish(max(self._open, key=lambda values: self._open[values].rows))

    def _start(self, values: tuple[object, ...], schema: pa.Schema) -> _OpenFile:
        key = f"{self._prefix}{partition.folder(self._partition_by, values)}{self._name()}"
        writer = self._store.writer(key)
        parquet = parquet_writer(
            writer.file,
            schema,
            dictionary_pagesize_limit=DICTIONARY_BYTES,  # one that will be given up is given up early
        )
        return _OpenFile(key=key, writer=writer, parquet=parquet)

    def _finish(self, values: tuple[object, ...]) -> None:
        file = self._open.pop(values)
        file.parquet.close()
        self._done.append(Output(key=file.key, rows=file.rows, bytes=file.writer.commit()))
