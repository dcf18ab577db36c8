"""Runs SQL through the Redshift Data API and says success only for FINISHED.

Flows in: SQL texts. Flows out: rows, or LoadFailed / LoadTimedOut. A batch is one transaction of at
most 40 statements (the API's limit). Knows nothing of datasets beyond the label a caller gives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import LoadFailed, LoadTimedOut

MAX_STATEMENTS = 40
_FAILURES = ("FAILED", "ABORTED")


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One SQL text and what it is for, as failure messages name it (`flights`, `loaded_batches`)."""

    subject: str
    sql: str


@dataclass(kw_only=True)
class StatementRunner:
    """A Redshift database behind the Data API.

    `attempt` names the job run: tokens made from it let a submit whose reply was lost be repeated
    harmlessly, while a later attempt of the same SQL is a new statement. The API remembers a token for
    8 hours, failures included. `clock` gives seconds and `sleep` waits for them.
    """

    client: Any
    workgroup: str
    database: str
    secret_arn: str
    attempt: str
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    bound_seconds: float = 900.0
    first_wait_seconds: float = 0.02
    longest_wait_seconds: float = 5.0
    _submitted: int = field(default=0, init=False)

    def transact(self, statements: Sequence[Statement], *, purpose: str) -> None:
        """All statements or none, in one transaction; nothing to do for an empty list."""
        if not statements:
            return
        if len(statements) > MAX_STATEMENTS:
            raise LoadFailed(
                f"{purpose} needs {len(statements)} statements in one transaction and the Data API takes "
                f"{MAX_STATEMENTS}; load fewer datasets per job"
            )
        sqls = [statement.sql for statement in statements]
        statement_id = self.client.batch_execute_statement(
            Sqls=sqls, StatementName=purpose, ClientToken=self._token(sqls), **self._where()
        )["Id"]
        self._await(statement_id, statements, purpose)

    def in_portions(self, statements: Sequence[Statement], *, purpose: str) -> None:
        """Any number of statements in order, as transactions of at most 40."""
        for start in range(0, len(statements), MAX_STATEMENTS):
            self.transact(statements[start : start + MAX_STATEMENTS], purpose=purpose)

    def query(self, statement: Statement) -> list[tuple[Any, ...]]:
        """Rows as tuples of str, int, float, bool or None."""
        statement_id = self.client.execute_statement(
            Sql=statement.sql,
            StatementName=f"read {statement.subject}",
            ClientToken=self._token([statement.sql]),
            **self._where(),
        )["Id"]
        self._await(statement_id, [statement], f"read {statement.subject}")
        rows: list[tuple[Any, ...]] = []
        page: dict[str, str] = {}
        while True:
            answer = self.client.get_statement_result(Id=statement_id, **page)
            rows += [tuple(_value(cell) for cell in record) for record in answer["Records"]]
            if not answer.get("NextToken"):
                return rows
            page = {"NextToken": answer["NextToken"]}

    def _where(self) -> dict[str, str]:
        return {"WorkgroupName": self.workgroup, "Database": self.database, "SecretArn": self.secret_arn}

    def _token(self, sqls: Sequence[str]) -> str:
        self._submitted += 1
        text = "\n".join([self.attempt, str(self._submitted), *sqls])
        return hashlib.sha256(text.encode()).hexdigest()

    def _await(self, statement_id: str, statements: Sequence[Statement], purpose: str) -> None:
        end = self.clock() + self.bound_seconds
        wait = self.first_wait_seconds
        while True:
            answer = self.client.describe_statement(Id=statement_id)
            status = answer["Status"]
            if status == "FINISHED":
                return
            if status in _FAILURES:
                subject, error = _blame(answer, statements)
                raise LoadFailed(f"{purpose}: {subject}: statement {statement_id} ended {status}: {error}")
            if self.clock() >= end:
                self.client.cancel_statement(Id=statement_id)
                raise LoadTimedOut(
                    f"{purpose}: statement {statement_id} was {status} after {self.bound_seconds:.0f} s and "
                    "was cancelled; look at the workgroup's load, then run again"
                )
            self.sleep(wait)
            wait = min(wait * 1.5, self.longest_wait_seconds)


def _blame(answer: dict[str, Any], statements: Sequence[Statement]) -> tuple[str, str]:
    """The subject and error of the sub-statement that failed, else of the whole, on one line."""
    subject, error = statements[0].subject, answer.get("Error", "no error text")
    for statement, part in zip(statements, answer.get("SubStatements", []), strict=False):
        if part.get("Status") in _FAILURES and part.get("Error"):
            subject, error = statement.subject, part["Error"]
            break
    return subject, " ".join(error.split())


def _value(cell: dict[str, Any]) -> Any:
    if cell.get("isNull"):
        return None
    return next(iter(cell.values()))
