"""Every statement of a load, decided before anything runs.

Flows in: tables with their new batches. Flows out: lists of `Statement`. Phase 1 fills staging
tables, invisible to readers, in as many transactions as it takes; phase 2 is one transaction whose
length depends on the number of tables only (batch ids stand in a staging table, never in lists).
"""

# Every name and literal below was spelled, and so validated, by sql_text.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lake.load import sql_text as sql
from lake.load.sources import Batch, Columns, Part, Table
from lake.load.statements import Statement

LOADED = "loaded_batches"
_LOADED_COLUMNS = ("table_name", "batch_id", "row_count")
_LOADED_SHAPE = '("table_name" varchar(127), "batch_id" varchar(128), "row_count" bigint)'
_ROWS_PER_INSERT = 200
_IDS_PER_DELETE = 500


StagedBatch = tuple[Batch, tuple[tuple[Part, str], ...]]


@dataclass(frozen=True, kw_only=True)
class Staged:
    """A table whose `batches` are new, with the manifest key of each (batch, part)."""

    table: Table
    batches: tuple[StagedBatch, ...]


@dataclass(frozen=True, kw_only=True)
class LoadPlan:
    """SQL of one load into one schema; `attempt` (letters and digits) sets its staging tables apart."""

    schema: str
    bucket: str
    copy_role_arn: str
    attempt: str

    def prepare(self, tables: tuple[Table, ...]) -> list[Statement]:
        """Schema and tables, where they are not there yet."""
        found = [
            Statement(subject=self.schema, sql=f"CREATE SCHEMA IF NOT EXISTS {sql.name(self.schema)}"),
            Statement(subject=LOADED, sql=f"CREATE TABLE IF NOT EXISTS {self._table(LOADED)} {_LOADED_SHAPE}"),
        ]
        for table in tables:
            shape = f"({_columns(table.columns)}, {_columns((('batch_id', 'string'),))})"
            found.append(
                Statement(
                    subject=table.table,
                    sql=f"CREATE TABLE IF NOT EXISTS {self._table(table.table)} {shape}",
                )
            )
        return found

    def columns_there(self, tables: tuple[Table, ...]) -> Statement:
        """Rows (table_name, column_name) of what `prepare` found or made."""
        named = ", ".join(sql.text(table.table.lower()) for table in tables)
        return Statement(
            subject="columns",
            sql="SELECT table_name, column_name FROM information_schema.columns "
            f"WHERE table_schema = {sql.text(self.schema.lower())} AND table_name IN ({named})",
        )

    def missing_columns(self, tables: tuple[Table, ...], there: set[tuple[str, str]]) -> list[Statement]:
        """One statement per column that a contract has gained since its table was made: Redshift adds one at a
        time and has no IF NOT EXISTS. https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_TABLE.html"""
        return [
            Statement(
                subject=table.table,
                sql=f"ALTER TABLE {self._table(table.table)} ADD COLUMN {_columns(((name, kind),))}",
            )
            for table in tables
            for name, kind in table.columns
            if (table.table.lower(), name.lower()) not in there
        ]

    def stage(self, staged: tuple[Staged, ...]) -> list[Statement]:
        """Phase 1: staging tables with every new row and the list of new batches."""
        found = [
            *self._fresh(LOADED, self.batches_name, _LOADED_SHAPE),
            *self._list_batches(staged),
        ]
        for one in staged:
            found += self._stage_table(one)
        return found

    def commit(self, staged: tuple[Staged, ...]) -> list[Statement]:
        """Phase 2: every new row and the record of its batch become visible, or none does."""
        found = []
        for one in staged:
            found += self._replace_rows(one.table)
        new_ids = f'SELECT "batch_id" FROM {self._table(self.batches_name)}'
        replaced = [sql.text(one.table.table) for one in staged if one.table.replaced]
        or_replaced = f' OR "table_name" IN ({", ".join(replaced)})' if replaced else ""
        columns = sql.names(_LOADED_COLUMNS)
        loaded = self._table(LOADED)
        found += [
            Statement(subject=LOADED, sql=f'DELETE FROM {loaded} WHERE "batch_id" IN ({new_ids}){or_replaced}'),
            Statement(
                subject=LOADED,
                sql=f"INSERT INTO {loaded} ({columns}) SELECT {columns} FROM {self._table(self.batches_name)}",
            ),
        ]
        return found

    def take_back(self, gone: Mapping[Table, tuple[str, ...]]) -> list[Statement]:
        """Rows of these batches, and the record of them, go together."""
        found = []
        for table, batch_ids in gone.items():
            for start in range(0, len(batch_ids), _IDS_PER_DELETE):
                ids = ", ".join(sql.text(batch_id) for batch_id in batch_ids[start : start + _IDS_PER_DELETE])
                of_table = f'"table_name" = {sql.text(table.table)} AND '
                for target, condition in ((table.table, ""), (LOADED, of_table)):
                    text = f'DELETE FROM {self._table(target)} WHERE {condition}"batch_id" IN ({ids})'
                    found.append(Statement(subject=table.table, sql=text))
        return found

    def clear(self, staging_tables: tuple[str, ...]) -> list[Statement]:
        """Drops staging tables by name."""
        return [Statement(subject=table, sql=f"DROP TABLE IF EXISTS {self._table(table)}") for table in staging_tables]

    def loaded(self) -> Statement:
        """Rows (table_name, batch_id, row_count) of what was loaded so far."""
        return Statement(subject=LOADED, sql=f"SELECT {sql.names(_LOADED_COLUMNS)} FROM {self._table(LOADED)}")

    def staging_tables(self) -> Statement:
        """Rows (table_name) of every staging table in the schema, of whatever attempt."""
        return Statement(
            subject="staging tables",
            sql="SELECT table_name FROM information_schema.tables "
            f"WHERE table_schema = {sql.text(self.schema.lower())} AND table_name LIKE 'stage_%'",
        )

    def counts(self, tables: tuple[Table, ...], *, staged: bool) -> Statement:
        """Rows (table, batch_id, rows) as they can be counted, in staging or in the tables themselves."""
        parts = [
            f'SELECT {sql.text(table.table)} AS table_name, "batch_id", count(*) AS row_count FROM '
            f'{self._table(self.stage_name(table.table) if staged else table.table)} GROUP BY "batch_id"'
            for table in tables
        ]
        return Statement(subject="row counts", sql=" UNION ALL ".join(parts))

    @property
    def batches_name(self) -> str:
        """The staging table that lists new batches."""
        return self.stage_name(LOADED)

    def stage_name(self, table: str) -> str:
        """`stage_<attempt>_<table>`."""
        return f"stage_{self.attempt}_{table}"

    def staging_names(self, staged: tuple[Staged, ...]) -> tuple[str, ...]:
        """The staging tables that outlive `stage`."""
        return (self.batches_name, *(self.stage_name(one.table.table) for one in staged))

    def _table(self, table: str) -> str:
        return sql.table(self.schema, table)

    def _fresh(self, subject: str, table: str, shape: str) -> list[Statement]:
        return [
            Statement(subject=subject, sql=f"DROP TABLE IF EXISTS {self._table(table)}"),
            Statement(subject=subject, sql=f"CREATE TABLE {self._table(table)} {shape}"),
        ]

    def _list_batches(self, staged: tuple[Staged, ...]) -> Iterator[Statement]:
        rows = [
            f"SELECT {sql.literal(one.table.table, 'string')}, {sql.literal(batch.batch_id, 'string')}, "
            f"CAST({batch.rows:d} AS bigint)"
            for one in staged
            for batch, _ in one.batches
        ]
        for start in range(0, len(rows), _ROWS_PER_INSERT):
            yield Statement(
                subject=LOADED,
                sql=f"INSERT INTO {self._table(self.batches_name)} ({sql.names(_LOADED_COLUMNS)}) "
                + " UNION ALL ".join(rows[start : start + _ROWS_PER_INSERT]),
            )

    def _stage_table(self, staged: Staged) -> Iterator[Statement]:
        table = staged.table
        stage, files = self.stage_name(table.table), self.stage_name(table.table) + "_files"
        shape = f"({_columns(table.columns)}, {_columns((('batch_id', 'string'),))})"
        yield from self._fresh(table.table, stage, shape)
        for columns, parts in _by_columns(staged).items():
            # COPY of columnar files takes no column list: it asks for a table of exactly the files' columns.
            yield from self._fresh(table.table, files, f"({_columns(columns)})")
            for batch, part, manifest_key in parts:
                yield from self._copy(table, batch, part, manifest_key, stage=stage, files=files)
        yield Statement(subject=table.table, sql=f"DROP TABLE IF EXISTS {self._table(files)}")

    def _copy(
        self, table: Table, batch: Batch, part: Part, manifest_key: str, *, stage: str, files: str
    ) -> Iterator[Statement]:
        file_names = sql.names(tuple(name for name, _ in part.columns))
        # Columns that the batch's contract did not have yet stay null.
        filled = (*part.columns, *((name, kind) for name, kind, _ in part.constants))
        constants = [sql.literal(value, kind) for _, kind, value in part.constants]
        constants.append(sql.literal(batch.batch_id, "string"))
        for text in (
            f"COPY {self._table(files)} FROM {sql.s3_url(self.bucket, manifest_key)} "
            f"IAM_ROLE {sql.role(self.copy_role_arn)} FORMAT AS PARQUET MANIFEST",
            f"INSERT INTO {self._table(stage)} ({_all_names(filled)}) "
            f"SELECT {file_names}, {', '.join(constants)} FROM {self._table(files)}",
            f"DELETE FROM {self._table(files)}",
        ):
            yield Statement(subject=table.table, sql=text)

    def _replace_rows(self, table: Table) -> list[Statement]:
        target, stage, columns = (
            self._table(table.table),
            self._table(self.stage_name(table.table)),
            _all_names(table.columns),
        )
        of_batches = f' WHERE "batch_id" IN (SELECT "batch_id" FROM {self._table(self.batches_name)})'
        return [
            Statement(subject=table.table, sql=f"DELETE FROM {target}{'' if table.replaced else of_batches}"),
            Statement(subject=table.table, sql=f"INSERT INTO {target} ({columns}) SELECT {columns} FROM {stage}"),
        ]


def _columns(columns: Columns) -> str:
    return ", ".join(f"{sql.name(name)} {sql.redshift_type(kind)}" for name, kind in columns)


def _all_names(columns: Columns) -> str:
    return sql.names((*(name for name, _ in columns), "batch_id"))


def _by_columns(staged: Staged) -> dict[Columns, list[tuple[Batch, Part, str]]]:
    """(batch, part, manifest key) of every part, by the columns of its files."""
    groups: dict[Columns, list[tuple[Batch, Part, str]]] = {}
    for batch, parts in staged.batches:
        for part, manifest_key in parts:
            groups.setdefault(part.columns, []).append((batch, part, manifest_key))
    return groups
