"""Runs parsed statements on one DuckDB file per database, each batch in one transaction.

In: SQL texts and the caller's COPY fault. Out: per statement a result or the error that rolled everything back.
DuckDB's access to files is switched off: data comes in by COPY only. Statements of one database run one at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from local_aws.services.clients import Clients
from local_aws.services.redshift.copying import CopyFailed, copy_into
from local_aws.services.redshift.dialect import Copy, Query, StatementRefused, parsed
from local_aws.services.redshift.limits import BeyondLimit, check_column_count


@dataclass
class Part:
    """One statement's fate: `rows` and `columns` of a query, `changed` rows of a command, or `error`."""

    sql: str
    status: str = "SUBMITTED"
    error: str | None = None
    columns: list[tuple[str, str]] | None = None
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    changed: int = -1


class WarehouseEngine:
    """One database of one workgroup."""

    def __init__(self, *, file: Path, clients: Clients) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._connection = duckdb.connect(str(file), config={"threads": 2, "memory_limit": "1GB"})
        self._connection.execute("SET enable_external_access = false")
        self._clients = clients
        self._lock = threading.Lock()

    def interrupt(self) -> None:
        """Ends the running statement with an error."""
        self._connection.interrupt()

    def run(
        self,
        texts: Sequence[str],
        parts: Sequence[Part],
        *,
        copy_fault: str | None,
        is_cancelled: Callable[[], bool],
    ) -> None:
        """One transaction; on an error the failing part says why, later ones are ABORTED, nothing is changed."""
        with self._lock:
            self._connection.execute("BEGIN")
            for index, text in enumerate(texts):
                part = parts[index]
                try:
                    if is_cancelled():
                        raise CopyFailed("cancelled on user's request")
                    part.status = "STARTED"
                    self._run_one(text, part, copy_fault)
                    part.status = "FINISHED"
                except (duckdb.Error, CopyFailed, StatementRefused, BeyondLimit) as error:
                    part.status, part.error = "FAILED", f"ERROR: {error}"
                    for later in parts[index + 1 :]:
                        later.status = "ABORTED"
                    self._rollback()
                    return
            try:
                self._connection.execute("COMMIT")
            except duckdb.Error as error:
                parts[-1].status, parts[-1].error = "FAILED", f"ERROR: {error}"
                self._rollback()

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()

    def _run_one(self, text: str, part: Part, copy_fault: str | None) -> None:
        statement = parsed(text)
        if isinstance(statement, Copy):
            if copy_fault:
                raise CopyFailed(copy_fault)
            part.changed = copy_into(self._connection, self._clients.for_role("s3", statement.role), statement)
            return
        result = self._connection.execute(statement.sql)
        if isinstance(statement, Query):
            part.columns = [(column[0], str(column[1]).lower()) for column in result.description or []]
            part.rows = result.fetchall()
            part.changed = len(part.rows)
            return
        counted = result.fetchall()
        if statement.widened:
            check_column_count(len(self._connection.execute(f"DESCRIBE {statement.widened}").fetchall()))
        part.changed = int(counted[0][0]) if counted and isinstance(counted[0][0], int) else 0

    def _rollback(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except duckdb.TransactionException:
            return  # DuckDB has already ended the transaction that failed
