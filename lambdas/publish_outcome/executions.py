"""Finds the executions of a state machine that have ended, and reads how from their history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from lambdas.publish_outcome.ended import Ended
from lambdas.publish_outcome.history_reading import has_published, last_words, this_start, unfinished_step
from lambdas.publish_outcome.requests import blamed
from pipeline.glue_message import job_run_of, readable_cause
from pipeline.job_log import JobLog
from pipeline.outcome import FAILED, STOPPED, SUCCEEDED, Outcome
from pipeline.pages import every
from pipeline.steps import PIPELINE, Pipeline

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient

STATUSES = {"SUCCEEDED": SUCCEEDED, "FAILED": FAILED, "TIMED_OUT": FAILED, "ABORTED": STOPPED}


class Executions:
    """The client is an argument, so that a test passes its own."""

    def __init__(self, *, states: SFNClient, machine_arn: str, lane: str, pipeline: Pipeline = PIPELINE) -> None:
        self._states, self._machine_arn, self._lane, self._pipeline = states, machine_arn, lane, pipeline

    def of_event(self, detail: Mapping[str, Any]) -> Iterator[Ended]:
        """The execution that a status change speaks of, unless it runs (again)."""
        described = self._states.describe_execution(executionArn=detail["executionArn"])
        if described["status"] == detail["status"]:
            yield from self._ended(described)

    def since(self, moment: datetime) -> Iterator[Ended]:
        """Executions that began later and have ended."""
        listed = _every(self._states.list_executions, "executions", stateMachineArn=self._machine_arn)
        for execution in takewhile(lambda one: one["startDate"] >= moment, listed):  # newest first
            yield from self._ended(execution)

    def _ended(self, execution: Mapping[str, Any]) -> Iterator[Ended]:
        status = STATUSES.get(execution["status"])
        if status:
            yield Ended(
                lane=self._lane,
                run_id=execution["name"],
                start=str(execution.get("redriveCount", 0)),
                status=status,
                read=lambda: self._read(execution, status),
            )

    def _read(self, execution: Mapping[str, Any], status: str) -> Outcome | None:
        """None where the execution published before it was stopped or ran out of time: that stands."""
        known: dict[str, Any] = {
            "pipeline": self._pipeline.name,
            "lane": self._lane,
            "run_id": execution["name"],
            "status": status,
        }
        if status == SUCCEEDED:
            return Outcome(**known)
        history = this_start(list(self._history(execution["executionArn"])))
        if execution["status"] != "FAILED" and has_published(history):
            return None
        error, cause = last_words(history)
        text = ": ".join(part for part in (error, readable_cause(cause or "")) if part)
        return Outcome(
            **known,
            failed_step=blamed(cause) or unfinished_step(history, self._pipeline),
            error=text or f"the execution is {execution['status']}",
            log=JobLog.of_failure(job_run_of(cause or "")),
        )

    def _history(self, execution_arn: str) -> Iterator[Mapping[str, Any]]:
        more = {"executionArn": execution_arn, "includeExecutionData": False}
        return _every(self._states.get_execution_history, "events", **more)


_every = partial(every, field="nextToken", maxResults=1000)
