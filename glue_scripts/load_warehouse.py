"""The job load_warehouse: makes the lane's warehouse schema hold what the ledger says, and no more.

Reads the lane's ledger and report entries; COPYs exactly those files through the Redshift Data API.
Arguments: lane, region, bucket, datasets, workgroup, database, schema_prefix, secret_arn, copy_role_arn.
Prints one JSON line of counts. It neither converts nor aggregates anything.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

from awsglue.utils import getResolvedOptions

from glue_scripts.aggregation import delays
from glue_scripts.clients import client
from glue_scripts.committed import Committed
from glue_scripts.job_end import end_by_name
from glue_scripts.loading.load import Loaded, attempt_id, load
from glue_scripts.loading.manifests import ManifestShelf
from glue_scripts.loading.plan import LoadPlan
from glue_scripts.loading.sources import Table, dataset_table, report_table
from glue_scripts.loading.statements import Warehouse
from glue_scripts.strict_csv.contract_file import dataset_contract
from pipeline.errors import LoadFailed

ARGUMENTS = [
    "lane",
    "region",
    "bucket",
    "datasets",
    "workgroup",
    "database",
    "schema_prefix",
    "secret_arn",
    "copy_role_arn",
]


def tables_of(committed: Committed, datasets: tuple[str, ...]) -> tuple[Table, ...]:
    """What the warehouse must hold; LoadFailed where the report over the committed flights is missing."""
    tables = []
    for dataset in datasets:
        entries = committed.entries(dataset)
        tables.append(dataset_table(dataset_contract(dataset), entries))
        if dataset == delays.SOURCE and entries:
            snapshot = committed.snapshot_of(tuple(entry.batch_id for entry in entries))
            if snapshot is None:
                raise LoadFailed(f"no report covers the committed batches of {dataset}; run aggregate first")
            tables.append(report_table(snapshot))
    return tuple(tables)


def run(arguments: dict[str, str], *, s3: Any, redshift: Any, job_run_id: str) -> Loaded:
    """The whole job with its clients as arguments."""
    now = datetime.now(UTC)
    attempt = attempt_id(now=now, job_run_id=job_run_id)
    lane, bucket = arguments["lane"], arguments["bucket"]
    warehouse = Warehouse(
        client=redshift,
        workgroup=arguments["workgroup"],
        database=arguments["database"],
        secret_arn=arguments["secret_arn"],
        attempt=attempt,
        clock=time.monotonic,
        sleep=time.sleep,
    )
    plan = LoadPlan(
        schema=f"{arguments['schema_prefix']}{lane}",
        bucket=bucket,
        copy_role_arn=arguments["copy_role_arn"],
        attempt=attempt,
    )
    return load(
        tables=tables_of(Committed(s3=s3, bucket=bucket, lane=lane), tuple(arguments["datasets"].split(","))),
        warehouse=warehouse,
        plan=plan,
        shelf=ManifestShelf(s3=s3, bucket=bucket, lane=lane),
        now=now,
    )


def main(argv: list[str]) -> None:
    """Glue's entry: clients of the region, one summary line on stdout."""
    arguments = getResolvedOptions(argv, ARGUMENTS)
    loaded = run(
        arguments,
        s3=client("s3", region=arguments["region"]),
        redshift=client("redshift-data", region=arguments["region"]),
        job_run_id=arguments.get("JOB_RUN_ID") or f"by hand {time.time_ns()}",
    )
    summary = {
        "step": "load_warehouse",
        "lane": arguments["lane"],
        "nothing_new": loaded.batches == 0,
        "batches_loaded": loaded.batches,
        "rows_loaded": loaded.rows_loaded,
        "rows": loaded.rows,
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    end_by_name(main, sys.argv)
