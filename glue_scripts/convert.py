"""The Glue job `convert` (Spark): landing CSV to curated Parquet, quarantine and ledger.

Flows in: the job's arguments and landing. Flows out: what no ledger entry of the lane covered, converted
and committed per dataset, and one JSON line of counts on stdout. The Spark session starts only when
there is something to convert. A failure is raised under its name.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any, cast

from awsglue.utils import getResolvedOptions

from lake.convert.batch import BatchPlace, BatchResult, convert_batch
from lake.convert.spark_engine import SparkEngine
from lake.job_end import end_by_name
from lake.ledger.ledgers import LaneLedger
from lake.run_identity import run_id_of
from lake.stores.s3_store import S3Store
from pipeline import layout
from strict_csv.contract_file import dataset_contract
from strict_csv.core import load_core, reader_name

_NAMED = 100
ARGUMENTS = ["lane", "region", "bucket", "datasets", "code_version"]


def main(argv: list[str]) -> None:
    """Glue's entry: converts the datasets named by the arguments, one summary line on stdout."""
    arguments = getResolvedOptions(argv, ARGUMENTS)
    store = S3Store(bucket=arguments["bucket"], region=arguments["region"])
    engine = SparkEngine(session=_session)
    summary: dict[str, Any] = {
        "step": "convert",
        "lane": arguments["lane"],
        "reader": reader_name(load_core()),
        "datasets": {},
    }
    for dataset in arguments["datasets"].split(","):
        result = convert_batch(
            place=_place(store=store, lane=arguments["lane"], dataset=dataset),
            contract=dataset_contract(dataset),
            engine=engine,
            code_version=arguments["code_version"],
            run_id=run_id_of(argv),
        )
        summary["datasets"][dataset] = _counts(result)
    print(json.dumps(summary))


def _session() -> Any:
    from pyspark.sql import SparkSession

    return (
        cast(Any, SparkSession.builder).appName("convert").config("spark.ui.showConsoleProgress", "false").getOrCreate()
    )


def _place(*, store: S3Store, lane: str, dataset: str) -> BatchPlace:
    return BatchPlace(
        source=store,
        landing_prefix=layout.landing_prefix(dataset),
        sink=store,
        curated_prefix=layout.curated_prefix(lane, dataset),
        quarantine_prefix=layout.quarantine_prefix(lane, dataset),
        keys_prefix=layout.keys_prefix(lane, dataset),
        ledger=LaneLedger(store=store, lane=lane, dataset=dataset),
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
        "files_refused": sum(file.status == "refused" for file in entry.files),
        "rows_read": entry.rows_read,
        "rows_curated": entry.rows_curated,
        "rows_quarantined": entry.rows_quarantined,
        "rows_duplicate": sum(file.rows_duplicate for file in entry.files),
    } | unpaired


if __name__ == "__main__":
    end_by_name(main, sys.argv)
