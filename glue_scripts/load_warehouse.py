"""The job load_warehouse: makes the lane's warehouse schema hold what the ledger says, and no more.

Arguments: those below, and run_id where an orchestrator runs it. Prints one JSON line of counts.
"""

from __future__ import annotations

import json
import sys
import time

from awsglue.utils import getResolvedOptions

from lake.clients import client
from lake.job_end import end_by_name
from lake.load.step import run
from lake.run_identity import run_id_of

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


def main(argv: list[str]) -> None:
    """Glue's entry: clients of the region, one summary line on stdout."""
    arguments = getResolvedOptions(argv, ARGUMENTS)
    loaded = run(
        arguments,
        s3=client("s3", region=arguments["region"]),
        redshift=client("redshift-data", region=arguments["region"]),
        job_run_id=arguments.get("JOB_RUN_ID") or f"by hand {time.time_ns()}",
        run_id=run_id_of(argv),
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
