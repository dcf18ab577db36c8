"""Finds the workflow runs that ended and tells each outcome once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from lambdas.announcing import Announcer
from lambdas.notify_outcome.run_reading import attempts, expects_more, has_ended, outcome
from lambdas.notify_outcome.settings import NotifySettings
from pipeline.errors import RunNotSettled

LOOKBACK = timedelta(days=2)
"""Longer than a run and its events' retries can take; older runs were told long ago."""


class Teller:
    """Clients are arguments, so that a test passes its own."""

    def __init__(self, *, settings: NotifySettings, glue: Any, announcer: Announcer) -> None:
        self._settings, self._glue, self._announcer = settings, glue, announcer

    def tell(self, event: Mapping[str, Any]) -> int:
        """Number of outcomes told; raises RunNotSettled if a run is about to end, to be called again."""
        since = datetime.fromisoformat(event["time"].replace("Z", "+00:00")) - LOOKBACK
        told, unsettled = 0, []
        for run in self._runs():
            if run["StartedOn"] < since:
                continue
            if has_ended(run):
                told += self._tell(run)
            elif self._is_unsettled(run, event["detail"]):
                unsettled.append(run["WorkflowRunId"])
        if unsettled:
            raise RunNotSettled(
                f"workflow {self._settings.workflow}: {', '.join(unsettled)} should have ended; asked again by Lambda"
            )
        return told

    def _runs(self) -> Iterator[dict[str, Any]]:
        page: dict[str, Any] = {}
        while True:
            page = self._glue.get_workflow_runs(
                Name=self._settings.workflow,
                IncludeGraph=True,
                **({"NextToken": page["NextToken"]} if page else {}),
            )
            yield from page.get("Runs", [])
            if not page.get("NextToken"):
                return

    def _is_unsettled(self, run: Mapping[str, Any], detail: Mapping[str, Any]) -> bool:
        """Nothing more to come, or the graph still shows as running what the event says has ended."""
        slug, lane = self._settings.slug, self._settings.lane
        tried = attempts(run, slug=slug, lane=lane)
        running = {step: attempt for step, attempt in tried.items() if attempt.is_running}
        stale = any(
            attempt.id == detail["jobRunId"]
            if "jobRunId" in detail
            else detail.get("crawlerName", "").startswith(f"{slug}-{step}")
            for step, attempt in running.items()
        )
        return stale or not expects_more(run, slug=slug, lane=lane)

    def _tell(self, run: Mapping[str, Any]) -> bool:
        return self._announcer.announce(outcome(run, slug=self._settings.slug, lane=self._settings.lane))
