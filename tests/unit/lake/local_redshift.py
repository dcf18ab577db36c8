"""The local AWS's Redshift Data engine as a client, in process: no gateway, no wire, the caller's own S3 client."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from local_aws.clocks.clock import Clocks
from local_aws.services.bus import Bus
from local_aws.services.clients import Clients
from local_aws.services.engine import Caller
from local_aws.services.redshift.data_api import RedshiftData
from local_aws.services.redshift.serverless import RedshiftServerless

WORKGROUP, DATABASE = "wg1", "warehouse"
_CALLER = Caller(role="lab", region="us-east-1", account="123456789012", access_key="none")


class _OneBucket:
    """Gives the COPY role the test's S3 client."""

    region = "us-east-1"

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def for_role(self, service: str, role: str) -> Any:
        assert (service, bool(role)) == ("s3", True)
        return self._s3


class _OneWorkgroup:
    """Knows the one workgroup, which nobody deletes."""

    def __init__(self) -> None:
        self.on_delete: list[Any] = []

    def database_of(self, workgroup: str) -> str:
        assert workgroup == WORKGROUP
        return DATABASE

    def namespace_of(self, workgroup: str) -> str:
        assert workgroup == WORKGROUP
        return "namespace"


class LocalRedshift:
    """The calls that the loader makes; `query` is the test's own look into the database."""

    def __init__(self, *, folder: Path, s3: Any) -> None:
        self._engine = RedshiftData(
            folder=folder,
            clients=cast(Clients, _OneBucket(s3)),
            serverless=cast(RedshiftServerless, _OneWorkgroup()),
            bus=Bus(account=_CALLER.account, now=lambda: datetime.now(UTC)),
            copy_fault=lambda _run_id: None,
            now=lambda: datetime.now(UTC),
            clocks=Clocks(),
        )
        self.texts: list[str] = []
        self._interposed: tuple[str, str] | None = None

    def interpose(self, *, before: str, sql: str) -> None:
        """Somebody else runs `sql` just before the first statement that contains `before`."""
        self._interposed = (before, sql)

    def execute_statement(self, **request: Any) -> dict[str, Any]:
        return self._engine.execute(request, _CALLER)

    def batch_execute_statement(self, **request: Any) -> dict[str, Any]:
        self.texts += request["Sqls"]
        if self._interposed and any(self._interposed[0] in text for text in request["Sqls"]):
            (_, sql), self._interposed = self._interposed, None
            self._ended(sql)
        return self._engine.batch_execute(request, _CALLER)

    def describe_statement(self, **request: Any) -> dict[str, Any]:
        return self._engine.describe(request, _CALLER)

    def get_statement_result(self, **request: Any) -> dict[str, Any]:
        return self._engine.result(request, _CALLER)

    def cancel_statement(self, **request: Any) -> dict[str, Any]:
        return self._engine.cancel(request, _CALLER)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of numbers, texts and None."""
        records = self.get_statement_result(Id=self._ended(sql))["Records"]
        return [tuple(None if "isNull" in cell else next(iter(cell.values())) for cell in row) for row in records]

    def _ended(self, sql: str) -> str:
        identity = self.execute_statement(Sql=sql, WorkgroupName=WORKGROUP, Database=DATABASE)["Id"]
        wait = threading.Event().wait
        while (shown := self.describe_statement(Id=identity))["Status"] in ("SUBMITTED", "STARTED"):
            wait(0.01)
        assert shown["Status"] == "FINISHED", shown["Error"]
        return identity

    def close(self) -> None:
        self._engine.close()
