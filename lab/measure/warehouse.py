"""Rows in the warehouse, asked of the warehouse itself through the Redshift Data API."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigInvalid, LoadFailed, LoadTimedOut

if TYPE_CHECKING:
    from types_boto3_redshift_data import RedshiftDataAPIServiceClient

NAME = re.compile(r"[a-z_][a-z0-9_]*")
ENDED = ("FINISHED", "FAILED", "ABORTED")
BOUND_SECONDS = 120


class RowCounts:
    """Counts rows of a lane's tables; a table that was never made has none."""

    def __init__(
        self,
        *,
        redshift_data: RedshiftDataAPIServiceClient,
        workgroup: str,
        database: str,
        secret_arn: str | None,
        sleep: Callable[[float], None],
    ) -> None:
        self._client = redshift_data
        self._where: dict[str, Any] = {"WorkgroupName": workgroup, "Database": database}
        if secret_arn:
            self._where["SecretArn"] = secret_arn
        self._sleep = sleep

    def rows(self, *, schema: str, tables: Iterable[str]) -> int:
        """Sum over the tables; raises LoadFailed or LoadTimedOut naming the table."""
        return sum(self._count(schema, table) for table in tables)

    def _count(self, schema: str, table: str) -> int:
        for name in (schema, table):
            if not NAME.fullmatch(name):
                raise ConfigInvalid(f"{name!r} is no warehouse name; use lower case letters, digits and _")
        sql = f'SELECT count(*) FROM "{schema}"."{table}"'  # noqa: S608 names are checked above
        statement = self._client.execute_statement(Sql=sql, **self._where)["Id"]
        status = self._ended(statement, f"{schema}.{table}")
        if status["Status"] != "FINISHED":
            error = status.get("Error", "no error text")
            if "does not exist" in error:
                return 0
            raise LoadFailed(f"counting {schema}.{table} ended {status['Status']}: {error}")
        return self._client.get_statement_result(Id=statement)["Records"][0][0]["longValue"]

    def _ended(self, statement: str, table: str) -> Mapping[str, Any]:
        waited, pause = 0.0, 0.05
        while (status := self._client.describe_statement(Id=statement))["Status"] not in ENDED:
            if waited >= BOUND_SECONDS:
                raise LoadTimedOut(f"counting {table} did not end within {BOUND_SECONDS} seconds")
            self._sleep(pause)
            waited, pause = waited + pause, min(pause * 2, 5.0)
        return status
