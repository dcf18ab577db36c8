"""The Data API: statements are submitted, run in the background, and asked about.

In: redshift-data operations. Out: ids, states SUBMITTED, STARTED, FINISHED, FAILED, ABORTED, and results. A ClientToken
gives the same id for the same request. A batch is one transaction of at most 40 statements.
"""

from __future__ import annotations

import decimal
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from local_aws.clocks.clock import Clocks
from local_aws.services.bus import Bus
from local_aws.services.clients import Clients
from local_aws.services.engine import Caller, serves
from local_aws.services.redshift.engine import Part, WarehouseEngine
from local_aws.services.redshift.limits import BeyondLimit, check_statement_bytes
from local_aws.services.redshift.serverless import RedshiftServerless
from local_aws.wire.errors import AwsError

_PAGE_ROWS = 1000
_ENDED = ("FINISHED", "FAILED", "ABORTED")


@dataclass
class Statement:
    """One submit; `parts` has one entry per SQL text."""

    id: str
    request: dict[str, Any]
    parts: list[Part]
    is_batch: bool
    created: datetime
    updated: datetime
    status: str = "SUBMITTED"
    cancelled: threading.Event = field(default_factory=threading.Event)


@dataclass(kw_only=True, eq=False)
class RedshiftData:
    """All statements by id; they end with the server, the databases' files in `folder` stay."""

    service = "redshift-data"

    folder: Path
    clients: Clients
    serverless: RedshiftServerless
    bus: Bus
    copy_fault: Callable[[str | None], str | None]
    now: Callable[[], datetime]
    clocks: Clocks
    _warehouses: dict[tuple[str, str], WarehouseEngine] = field(init=False, default_factory=dict)
    _statements: dict[str, Statement] = field(init=False, default_factory=dict)
    _tokens: dict[str, str] = field(init=False, default_factory=dict)
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.serverless.on_delete.append(self._forget)

    @serves("ExecuteStatement")
    def execute(self, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        if parameters.get("Parameters"):
            raise AwsError("NotImplementedLocally", "SQL parameters are not served by the local AWS; put literals")
        return self._submit(parameters, [parameters["Sql"]], caller, is_batch=False)

    @serves("BatchExecuteStatement")
    def batch_execute(self, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        return self._submit(parameters, parameters["Sqls"], caller, is_batch=True)

    @serves("DescribeStatement")
    def describe(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        statement, part = self._find(parameters["Id"])
        if part is not None:
            return _described_part(parameters["Id"], part, statement)
        failed = next((one for one in statement.parts if one.error), None)
        shown = {
            **_described_part(statement.id, statement.parts[-1], statement),
            "Status": statement.status,
            "Error": failed.error if failed else None,
            "QueryString": None if statement.is_batch else statement.parts[0].sql,
            "WorkgroupName": statement.request.get("WorkgroupName"),
            "Database": statement.request.get("Database"),
            "SecretArn": statement.request.get("SecretArn"),
            "RedshiftPid": 1,
            "RedshiftQueryId": 1,
        }
        if statement.is_batch:
            shown["SubStatements"] = [
                _described_part(f"{statement.id}:{number}", one, statement)
                for number, one in enumerate(statement.parts, start=1)
            ]
        return shown

    @serves("GetStatementResult")
    def result(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        statement, part = self._find(parameters["Id"])
        part = part or statement.parts[-1]
        if statement.status != "FINISHED":
            raise AwsError("ResourceNotFoundException", f"Query {parameters['Id']} is {statement.status}")
        if part.columns is None:
            raise AwsError("ResourceNotFoundException", "Query does not have result. Please check query status.")
        start = int(parameters.get("NextToken") or 0)
        page = part.rows[start : start + _PAGE_ROWS]
        answer = {
            "Records": [[_field(value) for value in row] for row in page],
            "ColumnMetadata": [{"name": name, "label": name, "typeName": kind} for name, kind in part.columns],
            "TotalNumRows": len(part.rows),
        }
        if start + _PAGE_ROWS < len(part.rows):
            answer["NextToken"] = str(start + _PAGE_ROWS)
        return answer

    @serves("CancelStatement")
    def cancel(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        statement, _ = self._find(parameters["Id"])
        if statement.status in _ENDED:
            raise AwsError(
                "ValidationException", f"Could not cancel a query that is already in {statement.status} state"
            )
        statement.cancelled.set()
        if statement.status == "STARTED":
            self._warehouse(statement.request).interrupt()
        return {"Status": True}

    def close(self) -> None:
        """Closes every database file."""
        for warehouse in self._warehouses.values():
            warehouse.close()

    def _submit(self, request: dict[str, Any], texts: list[str], caller: Caller, *, is_batch: bool) -> dict[str, Any]:
        try:
            check_statement_bytes(texts)
        except BeyondLimit as error:
            raise AwsError("ValidationException", str(error)) from error
        warehouse = self._warehouse(request)
        token = request.get("ClientToken")
        now = self.now()
        with self._lock:
            if token and token in self._tokens:
                return self._accepted(self._statements[self._tokens[token]])
            statement = Statement(
                id=str(uuid.uuid4()),
                request=request,
                parts=[Part(sql=text) for text in texts],
                is_batch=is_batch,
                created=now,
                updated=now,
            )
            self._statements[statement.id] = statement
            if token:
                self._tokens[token] = statement.id
        fault = self.copy_fault(caller.run_id)
        self.clocks.start_work(lambda: self._run(statement, warehouse, fault), name=f"sql {statement.id}")
        return self._accepted(statement)

    def _accepted(self, statement: Statement) -> dict[str, Any]:
        names = ("Database", "SecretArn", "WorkgroupName", "DbUser")
        given = {name: statement.request[name] for name in names if statement.request.get(name)}
        return {"Id": statement.id, "CreatedAt": statement.created, **given}

    def _run(self, statement: Statement, warehouse: WarehouseEngine, fault: str | None) -> None:
        statement.status = "STARTED"
        texts = [part.sql for part in statement.parts]
        try:
            warehouse.run(texts, statement.parts, copy_fault=fault, is_cancelled=statement.cancelled.is_set)
        except Exception as error:  # the emulator's own failure fails the statement, never silently
            statement.parts[-1].status = "FAILED"
            statement.parts[-1].error = f"ERROR: the local Redshift failed: {type(error).__name__}: {error}"
        failed = any(part.status == "FAILED" for part in statement.parts)
        status = "ABORTED" if statement.cancelled.is_set() and failed else "FAILED" if failed else "FINISHED"
        statement.updated = self.now()
        statement.status = status
        if statement.request.get("WithEvent"):
            self._publish(statement)

    def _publish(self, statement: Statement) -> None:
        self.bus.publish(
            source="aws.redshift-data",
            detail_type="Redshift Data Statement Status Change",
            resources=[],
            detail={
                "statementId": statement.id,
                "statementName": statement.request.get("StatementName", ""),
                "state": statement.status,
            },
            region=self.clients.region,
        )

    def _warehouse(self, request: dict[str, Any]) -> WarehouseEngine:
        workgroup, database = request.get("WorkgroupName", ""), request["Database"]
        there = self.serverless.database_of(workgroup)
        if database != there:
            raise AwsError("ValidationException", f'database "{database}" does not exist in {workgroup}')
        with self._lock:
            namespace = self.serverless.namespace_of(workgroup)
            if (namespace, database) not in self._warehouses:
                file = self.folder / f"{namespace}.{database}.duckdb"
                self._warehouses[(namespace, database)] = WarehouseEngine(file=file, clients=self.clients)
            return self._warehouses[(namespace, database)]

    def _forget(self, namespace: str) -> None:
        """What a deleted namespace held."""
        with self._lock:
            for key in [key for key in self._warehouses if key[0] == namespace]:
                self._warehouses.pop(key).close()
            for file in self.folder.glob(f"{namespace}.*.duckdb*"):
                file.unlink()

    def _find(self, identity: str) -> tuple[Statement, Part | None]:
        whole, _, number = identity.partition(":")
        statement = self._statements.get(whole)
        if statement is None or (number and not 1 <= int(number) <= len(statement.parts)):
            raise AwsError("ResourceNotFoundException", f"Query {identity} does not exist.")
        return statement, statement.parts[int(number) - 1] if number else None


def _described_part(identity: str, part: Part, statement: Statement) -> dict[str, Any]:
    duration = statement.updated - statement.created
    return {
        "Id": identity,
        "Status": part.status,
        "Error": part.error,
        "QueryString": part.sql,
        "HasResultSet": part.columns is not None,
        "ResultRows": part.changed,
        "ResultSize": 0,
        "Duration": int(duration.total_seconds() * 1e9),
        "CreatedAt": statement.created,
        "UpdatedAt": statement.updated,
    }


def _field(value: Any) -> dict[str, Any]:
    if value is None:
        return {"isNull": True}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int):
        return {"longValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": f"{value:f}" if isinstance(value, decimal.Decimal) else str(value)}
