"""Finds the runs of a Glue workflow that have ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from lambdas.publish_outcome.ended import Ended
from lambdas.publish_outcome.run_reading import attempts, expects_more, has_ended, outcome
from pipeline.names import Names
from pipeline.steps import PIPELINE, Pipeline


class WorkflowRuns:
    """The client is an argument, so that a test passes its own. A resumed run has an id of its own."""

    def __init__(self, *, glue: Any, workflow: str, names: Names, lane: str, pipeline: Pipeline = PIPELINE) -> None:
        self._glue, self._workflow = glue, workflow
        self._of: dict[str, Any] = {"names": names, "lane": lane, "pipeline": pipeline}
        self._lane, self._resources = lane, names.resources(lane, pipeline)

    def since(self, moment: datetime) -> Iterator[dict[str, Any]]:
        """Runs that began later, ended or not."""
        page: dict[str, Any] = {}
        while True:
            page = self._glue.get_workflow_runs(
                Name=self._workflow, IncludeGraph=True, **({"NextToken": page["NextToken"]} if page else {})
            )
            yield from (run for run in page.get("Runs", []) if run["StartedOn"] >= moment)
            if not page.get("NextToken"):
                return

    def ended(self, run: Mapping[str, Any]) -> Ended | None:
        """None where it has not."""
        if not has_ended(run):
            return None
        ended = outcome(run, **self._of)
        return Ended(lane=self._lane, run_id=ended.run_id, start="", status=ended.status, read=lambda: ended)

    def is_about_to_end(self, run: Mapping[str, Any], detail: Mapping[str, Any]) -> bool:
        """Nothing more to come, or the graph still shows as running what the event says has ended."""
        if has_ended(run):
            return False
        tried = attempts(run, **self._of)
        stale = any(
            attempt.id == detail["jobRunId"]
            if "jobRunId" in detail
            else detail.get("crawlerName") == self._resources[step]
            for step, attempt in tried.items()
            if attempt.is_running
        )
        return stale or not expects_more(run, **self._of)
