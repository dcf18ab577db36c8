"""What the warehouse must hold, read from ledger and report entries; no warehouse is asked here.

Flows in: entries. Flows out: frozen `Table`s with the exact files of each batch, grouped by the
values of their partition, since Hive partition columns are not in the Parquet files.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from glue_scripts.aggregation import delays
from glue_scripts.committed import Snapshot
from pipeline.contract import Contract
from pipeline.errors import LoadFailed
from pipeline.evolution import check_contract, schema_of
from pipeline.lane_state import LaneState
from pipeline.ledger import LedgerEntry, Output, withdrawn
from pipeline.schema import Schema


@dataclass(frozen=True, kw_only=True)
class Part:
    """Files of one batch with equal partition values, as they stand in the key (text)."""

    values: tuple[str, ...]
    outputs: tuple[Output, ...]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A committed batch, or a report's snapshot; `rows` may be 0 and `parts` empty.

    `file_columns` are (name, contract type) in the files' order, which COPY maps by position. A batch of an
    older contract has fewer than its table.
    """

    batch_id: str
    rows: int
    file_columns: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A warehouse table. `file_columns` are those of its newest files.

    `replaced` tables hold only their one batch; others keep every batch ever loaded but those `withdrawn`. Tables
    of one `dataset` are loaded in one transaction.
    """

    table: str
    file_columns: tuple[tuple[str, str], ...]
    partition_columns: tuple[tuple[str, str], ...]
    batches: tuple[Batch, ...]
    dataset: str
    replaced: bool = False
    withdrawn: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """(name, contract type) of the table's own columns, `batch_id` not among them."""
        return self.file_columns + self.partition_columns


def dataset_table(contract: Contract, entries: Iterable[LedgerEntry]) -> Table:
    """The table of a dataset from all of its lane's ledger entries: what counts and is not held. ContractChanged where
    they no longer fit."""
    state = LaneState.of(entries)
    check_contract(contract, state.counting)
    partitions = contract.partition_by
    return Table(
        table=contract.dataset,
        file_columns=_file_columns(Schema.of(contract)),
        partition_columns=tuple((name, contract.column(name).type) for name in partitions),
        batches=tuple(
            Batch(
                batch_id=entry.batch_id,
                rows=entry.rows_curated,
                file_columns=_file_columns(schema_of(entry, contract)),
                parts=_parts(tuple(entry.outputs), partitions),
            )
            for entry in state.loadable
        ),
        dataset=contract.dataset,
        withdrawn=frozenset(withdrawn(state.entries)),
    )


def report_table(snapshot: Snapshot | None) -> Table:
    """The report table, holding one snapshot, or nothing where there is nothing to report on."""
    return Table(
        table=delays.TABLE,
        file_columns=delays.COLUMNS,
        partition_columns=(),
        batches=()
        if snapshot is None
        else (
            Batch(
                batch_id=snapshot.snapshot_id,
                rows=snapshot.rows,
                file_columns=delays.COLUMNS,
                parts=_parts(snapshot.outputs, ()),
            ),
        ),
        dataset=delays.SOURCE,
        replaced=True,
    )


def partition_values(key: str, partition_by: tuple[str, ...]) -> tuple[str, ...]:
    """Values from `.../month=1/file.parquet` in the order of `partition_by`; LoadFailed where one lacks."""
    found = dict(part.split("=", 1) for part in key.split("/")[:-1] if "=" in part)
    missing = [name for name in partition_by if name not in found]
    if missing:
        raise LoadFailed(f"{key}: no {', '.join(f'{name}=' for name in missing)} folder; convert it again")
    return tuple(unquote(found[name]) for name in partition_by)


def _file_columns(schema: Schema) -> tuple[tuple[str, str], ...]:
    return tuple((column.name, column.type) for column in schema.file_columns)


def _parts(outputs: tuple[Output, ...], partition_by: tuple[str, ...]) -> tuple[Part, ...]:
    groups: dict[tuple[str, ...], list[Output]] = {}
    for output in sorted(outputs, key=lambda one: one.key):
        if output.rows:
            groups.setdefault(partition_values(output.key, partition_by), []).append(output)
    return tuple(Part(values=values, outputs=tuple(group)) for values, group in groups.items())
