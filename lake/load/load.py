"""Loads what the warehouse lacks: stage, compare, commit in one transaction, compare again.

Flows in: tables as the ledger says they must be. Flows out: `Loaded` with counted rows. Raises
LoadFailed, LoadTimedOut (nothing of the load is visible then) or RowsNotConserved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lake.load.manifests import ManifestShelf
from lake.load.plan import LoadPlan, Staged
from lake.load.sources import Table
from lake.load.statements import Statement, StatementRunner
from pipeline.errors import LoadFailed, PipelineError, RowsNotConserved

# Far above a job's timeout: no living attempt owns a staging table of this age.
ABANDONED_AFTER = timedelta(hours=24)
_STAMP = "%Y%m%d%H%M"
_STAMPED = re.compile(r"stage_(\d{12})x")

Counts = dict[tuple[str, str], int]


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What a load did: new batches, their rows, and all rows per table as counted afterwards."""

    batches: int
    rows_loaded: int
    rows: dict[str, int]


def attempt_id(*, now: datetime, job_run_id: str) -> str:
    """Letters and digits that name an attempt and its minute: `202611202049xjr1f2e`. `now` is UTC."""
    letters = re.sub(r"[^a-z0-9]", "", job_run_id.lower())
    return f"{now.strftime(_STAMP)}x{letters[-12:]}"


def load(
    *, tables: tuple[Table, ...], warehouse: StatementRunner, plan: LoadPlan, shelf: ManifestShelf, now: datetime
) -> Loaded:
    """Makes the warehouse hold exactly the tables' batches; a second call changes nothing. Each dataset has a
    transaction of its own: the first failure is raised once all were tried."""
    _clear_abandoned(warehouse, plan, now)
    groups: dict[str, tuple[Table, ...]] = {}
    for table in tables:
        groups[table.dataset] = (*groups.get(table.dataset, ()), table)
    done: list[Loaded] = []
    failures: list[PipelineError] = []
    for group in groups.values():
        try:
            done.append(_load_dataset(group, warehouse=warehouse, plan=plan, shelf=shelf))
        except PipelineError as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return Loaded(
        batches=sum(one.batches for one in done),
        rows_loaded=sum(one.rows_loaded for one in done),
        rows={name: rows for one in done for name, rows in one.rows.items()},
    )


def _load_dataset(
    tables: tuple[Table, ...], *, warehouse: StatementRunner, plan: LoadPlan, shelf: ManifestShelf
) -> Loaded:
    warehouse.in_portions(plan.prepare(tables), purpose="prepare")
    _widen(tables, warehouse, plan)
    there = {(table, batch_id) for table, batch_id, _ in warehouse.query(plan.loaded())}
    _take_back(tables, there, warehouse, plan)
    staged = tuple(one for table in tables if (one := _new_batches(table, there, shelf)).batches)
    if staged:
        _load_new(staged, warehouse, plan)
    counted = _counted(warehouse.query(plan.counts(tables, staged=False)))
    _compare(_expected(tables), counted, "the warehouse")
    rows = {table.table: 0 for table in tables}
    for (name, _), count in counted.items():
        rows[name] += count
    new = [batch for one in staged for batch, _ in one.batches]
    return Loaded(batches=len(new), rows_loaded=sum(batch.rows for batch in new), rows=rows)


def _take_back(
    tables: tuple[Table, ...], there: set[tuple[Any, Any]], warehouse: StatementRunner, plan: LoadPlan
) -> None:
    """Remove what was withdrawn since it was loaded, and a report over nothing. What a later run has loaded, and this
    one does not know of, is not touched."""
    gone = {
        table: tuple(sorted(batch for name, batch in there if name == table.table and batch in table.withdrawn))
        if table.batches or not table.replaced
        else tuple(sorted(batch for name, batch in there if name == table.table))
        for table in tables
    }
    warehouse.transact(plan.take_back(gone), purpose="take back what was withdrawn")


def _widen(tables: tuple[Table, ...], warehouse: StatementRunner, plan: LoadPlan) -> None:
    """Gives tables from before a contract grew its new columns, null in what was loaded already."""

    def missing() -> list[Statement]:
        there = warehouse.query(plan.columns_there(tables))
        return plan.missing_columns(tables, {(str(table), str(column)) for table, column in there})

    for statement in missing():
        try:
            warehouse.transact([statement], purpose="add a column")
        except LoadFailed:
            if statement in missing():
                raise
            # another attempt has added it in between


def _load_new(staged: tuple[Staged, ...], warehouse: StatementRunner, plan: LoadPlan) -> None:
    tables = tuple(one.table for one in staged)
    commit = plan.commit(staged)
    warehouse.in_portions(plan.stage(staged), purpose="stage")
    counted = _counted(warehouse.query(plan.counts(tables, staged=True)))
    expected = {
        (one.table.table, batch.batch_id): batch.rows for one in staged for batch, _ in one.batches if batch.rows
    }
    _compare(expected, counted, "staging, so nothing was loaded")
    warehouse.transact(commit, purpose="commit")
    warehouse.in_portions(plan.clear(plan.staging_names(staged)), purpose="clear staging")


def _new_batches(table: Table, there: set[tuple[Any, Any]], shelf: ManifestShelf) -> Staged:
    batches = []
    for batch in table.batches:
        if (table.table, batch.batch_id) in there:
            continue
        parts = tuple(
            (part, shelf.put(table=table.table, batch=batch, number=number, part=part))
            for number, part in enumerate(batch.parts)
        )
        batches.append((batch, parts))
    return Staged(table=table, batches=tuple(batches))


def _clear_abandoned(warehouse: StatementRunner, plan: LoadPlan, now: datetime) -> None:
    limit = (now - ABANDONED_AFTER).strftime(_STAMP)
    names = [str(name) for (name,) in warehouse.query(plan.staging_tables())]
    old = tuple(name for name in names if (match := _STAMPED.match(name)) and match[1] < limit)
    warehouse.in_portions(plan.clear(old), purpose="clear abandoned staging")


def _expected(tables: Iterable[Table]) -> Counts:
    return {(table.table, batch.batch_id): batch.rows for table in tables for batch in table.batches if batch.rows}


def _counted(rows: list[tuple[Any, ...]]) -> Counts:
    return {(str(table), str(batch_id)): int(count) for table, batch_id, count in rows}


def _compare(expected: Counts, counted: Counts, place: str) -> None:
    wrong = [
        f"{table} batch {batch_id[:12]}: ledger {expected.get((table, batch_id), 0)} rows, "
        f"counted {counted.get((table, batch_id), 0)}"
        for table, batch_id in sorted(expected.keys() | counted.keys())
        if expected.get((table, batch_id), 0) != counted.get((table, batch_id), 0)
    ]
    if wrong:
        raise RowsNotConserved(f"in {place}: {'; '.join(wrong[:5])}; compare loaded_batches with the ledger")
