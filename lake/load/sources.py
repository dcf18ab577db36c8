"""What the warehouse must hold, read from ledger and report entries; no warehouse is asked here.

Flows in: entries. Flows out: frozen `Table`s with the exact files of each batch. Files from before partition
columns stood in them are grouped by what their folders say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from lake.aggregate import delays
from lake.aggregate.snapshot import Snapshot
from lake.ledger.entry import LedgerEntry, Output, withdrawn
from lake.ledger.evolution import check_contract, schema_of
from lake.ledger.lane_state import LaneState
from lake.ledger.schema import Schema
from pipeline.errors import LoadFailed
from strict_csv.contract import Contract
from strict_csv.partitions import stand_in_path_alone

Columns = tuple[tuple[str, str], ...]
"""(name, contract type), in order."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Files of one batch that one COPY takes. `columns` are those of the files in their order, which COPY maps by
    position; a batch of an older contract has fewer than its table. `constants` are (name, contract type, text) of
    the columns that the files lack and their folders say."""

    columns: Columns
    outputs: tuple[Output, ...]
    constants: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A committed batch, or a report's snapshot; `rows` may be 0 and `parts` empty."""

    batch_id: str
    rows: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A warehouse table; `columns` are its own, `batch_id` not among them.

    `replaced` tables hold only their one batch; others keep every batch ever loaded but those `withdrawn`. Tables
    of one `dataset` are loaded in one transaction.
    """

    table: str
    columns: Columns
    batches: tuple[Batch, ...]
    dataset: str
    replaced: bool = False
    withdrawn: frozenset[str] = frozenset()


def dataset_table(contract: Contract, entries: Iterable[LedgerEntry]) -> Table:
    """The table of a dataset from all of its lane's ledger entries: what counts and is not held. ContractChanged where
    they no longer fit."""
    state = LaneState.of(entries)
    check_contract(contract, state.counting)
    return Table(
        table=contract.dataset,
        columns=_columns(Schema.of(contract)),
        batches=tuple(
            Batch(
                batch_id=entry.batch_id,
                rows=entry.rows_curated,
                parts=_parts(entry.outputs, schema_of(entry, contract)),
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
        columns=delays.COLUMNS,
        batches=(_report(snapshot),) if snapshot else (),
        dataset=delays.SOURCE,
        replaced=True,
    )


def _report(snapshot: Snapshot) -> Batch:
    part = Part(columns=delays.COLUMNS, outputs=tuple(output for output in snapshot.outputs if output.rows))
    return Batch(batch_id=snapshot.snapshot_id, rows=snapshot.rows, parts=(part,) if part.outputs else ())


def partition_values(key: str, partition_by: tuple[str, ...]) -> tuple[str, ...]:
    """Values from `.../month=1/file.parquet` in the order of `partition_by`; LoadFailed where one lacks."""
    found = dict(part.split("=", 1) for part in key.split("/")[:-1] if "=" in part)
    missing = [name for name in partition_by if name not in found]
    if missing:
        raise LoadFailed(f"{key}: no {', '.join(f'{name}=' for name in missing)} folder; convert it again")
    return tuple(unquote(found[name]) for name in partition_by)


def _columns(schema: Schema) -> Columns:
    return tuple((column.name, column.type) for column in schema.columns)


def _parts(outputs: Iterable[Output], schema: Schema) -> tuple[Part, ...]:
    """One part, or one per partition of the files whose folders alone say it."""
    groups: dict[tuple[str, ...], list[Output]] = {}
    for output in sorted(outputs, key=lambda one: one.key):
        alone = schema.partition_by if stand_in_path_alone(output.key, schema.partition_by) else ()
        if output.rows:
            groups.setdefault(partition_values(output.key, alone), []).append(output)
    return tuple(_part(values, tuple(group), schema) for values, group in groups.items())


def _part(values: tuple[str, ...], outputs: tuple[Output, ...], schema: Schema) -> Part:
    in_folder = dict(zip(schema.partition_by, values, strict=False))  # none of a file that holds all its columns
    return Part(
        columns=tuple((name, kind) for name, kind in _columns(schema) if name not in in_folder),
        outputs=outputs,
        constants=tuple((name, schema.types[name], value) for name, value in in_folder.items()),
    )
