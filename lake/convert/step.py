"""The step convert: what no ledger entry of the lane covers, converted and committed per dataset.

The Spark session starts only when there is something to convert.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, cast

from lake.contracts import dataset_contract
from lake.convert.batch import BatchResult, convert_batch
from lake.convert.lane_place import lane_place
from lake.convert.spark_engine import SparkEngine
from lake.ledger.entry import REFUSED
from lake.stores.s3_store import S3Store
from strict_csv.core import load_core, reader_name

_NAMED = 100


def run(*, store: S3Store, lane: str, datasets: Iterable[str], code_version: str, run_id: str) -> dict[str, Any]:
    """The whole step; returns the summary, counts by dataset."""
    engine = SparkEngine(session=_session)
    counts = {}
    for dataset in datasets:
        result = convert_batch(
            place=lane_place(store=store, lane=lane, dataset=dataset),
            contract=dataset_contract(dataset),
            engine=engine,
            code_version=code_version,
            run_id=run_id,
        )
        counts[dataset] = _counts(result)
    return {"step": "convert", "lane": lane, "reader": reader_name(load_core()), "datasets": counts}


def _session() -> Any:
    from pyspark.sql import SparkSession

    return (
        cast(Any, SparkSession.builder).appName("convert").config("spark.ui.showConsoleProgress", "false").getOrCreate()
    )


def _counts(result: BatchResult) -> dict[str, Any]:
    unpaired = {
        "files_unpaired": len(result.unpaired),
        "unpaired": [asdict(one) for one in result.unpaired[:_NAMED]],  # a log line has its limit
    }
    unpaired["files_closed"] = [one.key for one in result.closed[:_NAMED]]  # refused before, and gone or newer now
    if result.entry is None:
        return {"status": result.status, "files_covered": result.files_covered} | unpaired
    entry = result.entry
    return {
        "status": result.status,
        "batch_id": entry.batch_id,
        "files": len(entry.files),
        "files_refused": sum(file.status == REFUSED for file in entry.files),
        "rows_read": entry.rows_read,
        "rows_curated": entry.rows_curated,
        "rows_quarantined": entry.rows_quarantined,
        "rows_duplicate": sum(file.rows_duplicate for file in entry.files),
    } | unpaired
