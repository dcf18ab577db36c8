"""The same units of work as Spark tasks.

Flows in: a job and a way to get the session (made only when there is something to convert). Flows out:
evidence; the rows themselves never pass through Spark, the tasks write Parquet. A retried or speculative
task writes under other names, and what it wrote in vain is no output.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lake.convert.job import ConversionJob, Progress
from lake.convert.workers import Result, Task, convert
from lake.ledger.entry import LedgerEntry
from lake.named_failures import NAMED_FAILURES
from pipeline import errors
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class SparkEngine:
    """Converts a job's files in as many Spark tasks as their bytes deserve."""

    def __init__(self, *, session: Callable[[], SparkSession]) -> None:
        self._session = session

    @property
    def workers(self) -> int:
        """More once executors that are still starting have come."""
        return SparkTasks(session=self._session()).count

    def convert(self, job: ConversionJob, *, progress: Progress = lambda _bytes: None) -> LedgerEntry:
        """The evidence of all of the job's files; progress is reported when all is done."""
        entry = convert(job, SparkTasks(session=self._session()))
        progress(sum(item.size_bytes for item in job.files))
        return entry


class SparkTasks:
    """Workers that are tasks of a session."""

    def __init__(self, *, session: SparkSession) -> None:
        self._context = session.sparkContext

    @property
    def count(self) -> int:
        return max(1, self._context.defaultParallelism)

    def map(self, work: Callable[[Task, Progress], Result], tasks: Sequence[Task]) -> list[Result]:
        if not tasks:
            return []
        results: list[Any] = self._context.parallelize(tasks, len(tasks)).map(in_task(work)).collect()
        return [result_of(result) for result in results]


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A named failure as data: Spark would retry it in vain and bury its name in a Java trace."""

    name: str
    message: str


def in_task(work: Callable[[Task, Progress], Result]) -> Callable[[Task], Result | Failed]:
    """`work` as a task runs it: what it says or the failure it names."""

    def run(task: Task) -> Result | Failed:
        try:
            return work(task, lambda _bytes: None)
        except NAMED_FAILURES as error:
            return Failed(name=error.name, message=str(error).removeprefix(f"{error.name}: "))

    return run


def result_of(outcome: Result | Failed) -> Result:
    """What a task returned, or the failure raised again under its name."""
    if isinstance(outcome, Failed):
        failure = getattr(errors, outcome.name, None) or type(outcome.name, (PipelineError,), {})
        raise failure(outcome.message)
    return outcome
