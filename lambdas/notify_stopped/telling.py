"""Tells of an execution that was stopped or timed out, unless it had told its outcome before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lambdas.announcing import Announcer
from lambdas.notify_stopped.history_reading import has_told, last_words, unfinished_step
from pipeline.outcome import FAILED, STOPPED, Outcome
from pipeline.steps import PIPELINE, Pipeline

# An execution that is FAILED has told so in its own last states.
ENDINGS = {"ABORTED": STOPPED, "TIMED_OUT": FAILED}


class StoppedTeller:
    """Clients are arguments, so that a test passes its own."""

    def __init__(self, *, lane: str, states: Any, announcer: Announcer, pipeline: Pipeline = PIPELINE) -> None:
        self._lane, self._states, self._announcer, self._pipeline = lane, states, announcer, pipeline

    def tell(self, event: Mapping[str, Any]) -> bool:
        """Whether a message was sent; raises NotificationFailed, ClientError, to be called again."""
        detail = event["detail"]
        status = ENDINGS.get(detail["status"])
        if status is None:
            return False
        history = list(self._history(detail["executionArn"]))
        if has_told(history):
            return False
        return self._announcer.announce(
            Outcome(
                pipeline=self._pipeline.name,
                lane=self._lane,
                run_id=detail["name"],
                status=status,
                failed_step=unfinished_step(history, self._pipeline),
                error=last_words(history) or f"the execution is {detail['status']}",
            )
        )

    def _history(self, execution_arn: str) -> Iterator[dict[str, Any]]:
        page: dict[str, Any] = {}
        while True:
            more = {"nextToken": page["nextToken"]} if page else {}
            page = self._states.get_execution_history(
                executionArn=execution_arn, maxResults=1000, includeExecutionData=False, **more
            )
            yield from page["events"]
            if not page.get("nextToken"):
                return
