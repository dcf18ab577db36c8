"""What lies in quarantine now: rows as they were written, read back in bounded memory.

Flows in: a store and the quarantine files that the ledger names. Flows out: tables of their rows in a
fixed order (by file written, then by row), and counts by source file and reason. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.parquet as pq

from lake.convert.batch import BatchPlace
from lake.convert.quarantine_table import SCHEMA
from lake.ledger.entry import CONVERTED, LedgerEntry, Output, counting, in_quarantine
from lake.stores.store import Store
from strict_csv.kernels import kernels as pc

BATCH_ROWS = 8192


@dataclass(frozen=True, kw_only=True)
class HeldBatch:
    """Rows `first_row` and on of the quarantine file `output`; `rows` has the columns asked for."""

    output: Output
    first_row: int
    rows: pa.Table


@dataclass(frozen=True, kw_only=True)
class HeldGroup:
    """The rows of one source file that share a reason; `line` is that of the first one."""

    file: str
    reason: str
    rows: int
    line: int


def held_batches(
    *, store: Store, outputs: Sequence[Output], columns: Sequence[str] = tuple(SCHEMA.names)
) -> Iterator[HeldBatch]:
    """The rows of `outputs`. InputChanged where one is gone: a replay was faster."""
    schema = pa.schema([SCHEMA.field(name) for name in columns])
    for output in outputs:
        with store.seekable(output.key) as file:
            first = 0
            for batch in pq.ParquetFile(file).iter_batches(batch_size=BATCH_ROWS, columns=list(columns)):
                rows = pa.table([batch.column(name) for name in columns], schema=schema)
                yield HeldBatch(output=output, first_row=first, rows=rows)
                first += batch.num_rows


def held_groups(*, store: Store, outputs: Sequence[Output]) -> list[HeldGroup]:
    """Rows counted by source file and reason, in that order."""
    groups: dict[tuple[str, str], tuple[int, int]] = {}
    for batch in held_batches(store=store, outputs=outputs, columns=("file", "reason", "line")):
        counted = batch.rows.group_by(["file", "reason"]).aggregate([("line", "count"), ("line", "min")])
        for row in counted.to_pylist():
            rows, line = groups.get((row["file"], row["reason"]), (0, row["line_min"]))
            groups[row["file"], row["reason"]] = (rows + row["line_count"], min(line, row["line_min"]))
    return [
        HeldGroup(file=file, reason=reason, rows=rows, line=line)
        for (file, reason), (rows, line) in sorted(groups.items())
    ]


@dataclass(frozen=True, kw_only=True)
class HeldRow:
    """One row of quarantine; `columns` are those of its source file, in the file's order, empty where unknown."""

    file: str
    byte_start: int
    byte_end: int
    line: int
    reason: str
    raw: bytes
    columns: tuple[str, ...]


@dataclass(kw_only=True)
class Sample:
    """How many rows have `reason`, and the first of them."""

    reason: str
    rows: int = 0
    first: list[HeldRow] = field(default_factory=list)


def sampled(*, place: BatchPlace, limit: int, file: str | None = None, reason: str | None = None) -> list[Sample]:
    """The rows in quarantine, of `file` and with `reason` where given, by reason; at most `limit` of each whole."""
    entries = place.ledger.entries()
    orders = header_orders(entries)
    samples: dict[str, Sample] = {}
    for batch in held_batches(store=place.sink, outputs=in_quarantine(entries)):
        for column, wanted in (("file", file), ("reason", reason)):
            if wanted is not None:
                batch = replace(batch, rows=batch.rows.filter(pc.equal(batch.rows[column], wanted)))
        for counted in batch.rows.group_by("reason").aggregate([([], "count_all")]).to_pylist():
            sample = samples.setdefault(counted["reason"], Sample(reason=counted["reason"]))
            sample.rows += counted["count_all"]
            missing = limit - len(sample.first)
            if missing > 0:
                those = batch.rows.filter(pc.equal(batch.rows["reason"], sample.reason)).slice(0, missing)
                sample.first += [HeldRow(**row, columns=_one(orders.get(row["file"]))) for row in those.to_pylist()]
    return sorted(samples.values(), key=lambda sample: (-sample.rows, sample.reason))


def _one(orders: set[tuple[str, ...]] | None) -> tuple[str, ...]:
    return next(iter(orders)) if orders and len(orders) == 1 else ()


def header_orders(entries: Iterable[LedgerEntry]) -> dict[str, set[tuple[str, ...]]]:
    """By source file, the orders in which its committed versions have the contract's columns."""
    orders: dict[str, set[tuple[str, ...]]] = {}
    for entry in counting(entries):
        for file in entry.files:
            if file.status == CONVERTED and file.rows_quarantined:
                orders.setdefault(file.key, set()).add(file.header)
    return orders
