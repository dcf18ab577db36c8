"""The same parser inside Spark: tasks over files through `mapInArrow`.

Flows in: a job and a way to get the session (made only when there is something to convert). Flows out:
one row of evidence per bundle of files; the rows themselves never pass through Spark, the tasks write
Parquet. A retried or speculative task writes under other names, and what it wrote in vain is no output.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from glue_scripts.conversion.bundle import ConversionJob, Progress, convert_bundle
from glue_scripts.conversion.store import StoredObject
from pipeline import errors
from pipeline.errors import PipelineError
from pipeline.ledger import LedgerEntry, merge

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

BUNDLE_BYTES = 128 * 1024 * 1024


class SparkEngine:
    """Converts a job's files in as many Spark tasks as their bytes deserve."""

    def __init__(self, *, session: Callable[[], SparkSession]) -> None:
        self._session = session

    def convert(self, job: ConversionJob, *, progress: Progress = lambda _bytes: None) -> LedgerEntry:
        """The evidence of all of the job's files; progress is told when all is done."""
        spark = self._session()
        bundles = bundles_of(job.files, parallelism=spark.sparkContext.defaultParallelism)
        tasks = [(json.dumps([[f.key, f.version, f.size_bytes] for f in bundle]),) for bundle in bundles]
        frame = spark.createDataFrame(spark.sparkContext.parallelize(tasks, len(tasks)), "files string")
        rows = frame.mapInArrow(cast(Any, _converter(replace(job, files=()))), "evidence string").collect()
        progress(sum(item.size_bytes for item in job.files))
        evidence = [_evidence(json.loads(row.evidence)) for row in rows]
        return reduce(lambda earlier, later: merge(earlier=earlier, later=later), evidence)


def bundles_of(files: Sequence[StoredObject], *, parallelism: int) -> list[list[StoredObject]]:
    """Consecutive files, together at most BUNDLE_BYTES (or one file) and few enough to use every core."""
    total = sum(item.size_bytes for item in files)
    limit = min(BUNDLE_BYTES, max(1, -(-total // max(1, parallelism))))
    bundles: list[list[StoredObject]] = []
    held = 0
    for item in files:
        if not bundles or held + item.size_bytes > limit:
            bundles.append([])
            held = 0
        bundles[-1].append(item)
        held += item.size_bytes
    return bundles


def _converter(job: ConversionJob) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def convert(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for files in batch.column(0).to_pylist():
                pinned = tuple(StoredObject(key=k, version=v, size_bytes=s) for k, v, s in json.loads(files))
                said = json.dumps(_convert(replace(job, files=pinned)))
                yield pa.record_batch([pa.array([said])], names=["evidence"])

    return convert


def _convert(job: ConversionJob) -> dict[str, Any]:
    """A named failure travels as data: Spark would retry it in vain and bury its name in a Java trace."""
    try:
        return convert_bundle(job, part=uuid.uuid4().hex[:8]).to_mapping()
    except PipelineError as error:
        return {"failed": error.name, "message": str(error).removeprefix(f"{error.name}: ")}


def _evidence(said: dict[str, Any]) -> LedgerEntry:
    if "failed" in said:
        failure = getattr(errors, said["failed"], None) or type(said["failed"], (PipelineError,), {})
        raise failure(said["message"])
    return LedgerEntry.from_mapping(said)
