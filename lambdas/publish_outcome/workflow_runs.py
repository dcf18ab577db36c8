"""Finds the runs of a Glue workflow that have ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lambdas.publish_outcome.ended import Ended
from lambdas.publish_outcome.run_reading import attempts, expects_more, has_ended, outcome
from pipeline.names import Names
from pipeline.pages import every
from pipeline.steps import PIPELINE, Pipeline

if TYPE_CHECKING:
    from types_boto3_glue import GlueClient


class WorkflowRuns:
    """The client is an argument, so that a test passes its own. A resumed run has an id of its own."""

    def __init__(
        self, *, glue: GlueClient, workflow: str, names: Names, lane: str, pipeline: Pipeline = PIPELINE
    ) -> None:
        self._glue, self._workflow = glue, workflow
        self._of: dict[str, Any] = {"names": names, "lane": lane, "pipeline": pipeline}
        self._lane, self._resources = lane, names.resources(lane, pipeline)

    def since(self, moment: datetime) -> Iterator[Mapping[str, Any]]:
        """Runs that began later, ended or not."""
        runs = every(self._glue.get_workflow_runs, "Runs", Name=self._workflow, IncludeGraph=True)
        return (run for run in runs if run["StartedOn"] >= moment)

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
