"""Which contracts may follow which: what one version named stays as it is, and new columns come last.

Flows in: a contract and committed ledger entries. Flows out: nothing, or `ContractChanged` with the
difference and the way out. Entries without curated files bind nobody: there is nothing to keep readable.
It reads no data and repairs nothing.

Allowed: a higher version with more columns at the end (nullable, `since` that version), and a column that
becomes nullable. What decides over values alone (null_values, newlines ...) is no schema and may change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lake.ledger.entry import LedgerEntry
from lake.ledger.schema import Schema
from pipeline.errors import ContractChanged, LayoutChanged
from strict_csv.contract import Column, Contract
from strict_csv.partitions import stand_in_path_alone


def schema_of(entry: LedgerEntry, contract: Contract) -> Schema:
    """What the entry was written with; entries from before there were versions are of version 1."""
    return entry.written_as or Schema.of(contract, version=1)


def widest_schema(contract: Contract, entries: Iterable[LedgerEntry]) -> Schema:
    """The schema of all curated files together: the newest one that wrote any, else the contract's first."""
    written = [schema_of(entry, contract) for entry in entries if entry.outputs]
    return max(written, key=lambda schema: schema.version, default=Schema.of(contract, version=1))


def check_contract(contract: Contract, entries: Iterable[LedgerEntry]) -> None:
    """ContractChanged where curated data of `entries` would no longer be what `contract` says."""
    for entry in entries:
        _check(contract.dataset, entry, committed=schema_of(entry, contract), now=Schema.of(contract))


def check_entry(entry: LedgerEntry, committed: Iterable[LedgerEntry]) -> None:
    """The same at the commit: two runs may have started with different contracts."""
    mine = entry.written_as
    for other in committed if mine and entry.outputs else ():
        theirs = other.written_as
        if mine and theirs:
            older, newer = (mine, theirs) if mine.version < theirs.version else (theirs, mine)
            _check(entry.dataset, other, committed=older, now=newer)


def of_older_layout(contract: Contract, entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """The entries whose files lack their partition columns: only their folders say them."""
    return [
        entry
        for entry in entries
        if any(stand_in_path_alone(output.key, schema_of(entry, contract).partition_by) for output in entry.outputs)
    ]


def check_layout(contract: Contract, entries: Iterable[LedgerEntry]) -> None:
    """LayoutChanged where new files would lie among files of the older layout: a crawler, and whoever reads the
    folder, would find two sets of partition columns in one table. Those files alone stay readable."""
    older = of_older_layout(contract, entries)
    if older:
        raise LayoutChanged(
            f"{contract.dataset}: {len(older)} committed batch(es), the first {older[0].batch_id[:12]}, were written "
            f"before partition columns stood in the files ({older[0].outputs[0].key}). Nothing was changed. Remove "
            "this dataset's curated files, quarantine and ledger of this lane, its catalog table and its rows in the "
            "warehouse, and run again: every file that landed is converted anew; or use a lane or folder of its own"
        )


def differences(*, committed: Schema, now: Schema) -> list[str]:
    """Lines `- what was` and `+ what is`, empty where `now` may follow `committed`."""
    lines = list(_column_lines(committed, now))
    if now.version < committed.version:
        lines += [f"- version {committed.version}", f"+ version {now.version}"]
    for name, was, is_ in (
        ("partition_by", committed.partition_by, now.partition_by),
        ("key", committed.key, now.key),
    ):
        if was != is_:
            lines += [f"- {name} [{', '.join(was)}]", f"+ {name} [{', '.join(is_)}]"]
    return lines


def _check(dataset: str, entry: LedgerEntry, *, committed: Schema, now: Schema) -> None:
    if not entry.outputs:
        return
    lines = [] if entry.dataset == dataset else [f"- dataset {entry.dataset}", f"+ dataset {dataset}"]
    lines += differences(committed=committed, now=now)
    if lines:
        shown = "".join(f"\n  {line}" for line in lines)
        raise ContractChanged(
            f"{dataset}: the contract (version {now.version}) no longer fits batch {entry.batch_id[:12]}, which was "
            f"committed with version {committed.version}:{shown}\n"
            "Restore what was, and add new columns at the end, nullable, with since: "
            f"{committed.version + 1} and version: {committed.version + 1}; or give the new shape a dataset name and "
            "a place of its own. Nothing was changed"
        )


def _column_lines(committed: Schema, now: Schema) -> Iterator[str]:
    fixed = {column.name: column for column in now.columns if column.since <= committed.version}
    renamed = {
        old.name: new
        for old, new in zip(committed.columns, now.columns, strict=False)
        if old.name not in fixed and new.name not in committed.types and new.type == old.type
    }
    for column in committed.columns:
        there = fixed.get(column.name)
        if there is None:
            yield f"- {_spelled(column)}"
            if column.name in renamed:
                yield f"+ {_spelled(renamed[column.name])} (renamed? it has the same place and type)"
        elif there.type != column.type or (column.nullable and not there.nullable):
            yield f"- {_spelled(column)}"
            yield f"+ {_spelled(there)}"
    for column in fixed.values():
        if column.name not in committed.types and column not in renamed.values():
            yield f"+ {_spelled(column)}"
    was = [name for name in committed.types if name in fixed]
    stand = [name for name in fixed if name in committed.types]
    if was != stand:
        yield f"- order {', '.join(was)}"
        yield f"+ order {', '.join(stand)}"


def _spelled(column: Column) -> str:
    return f"{column.name} {column.type}{'' if column.nullable else ' not null'}"
