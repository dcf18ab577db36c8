"""The Glue job `convert` (Spark): landing CSV to curated Parquet, quarantine and ledger.

Flows in: the job's arguments and landing. Flows out: what no ledger entry of the lane covered, converted
and committed per dataset, and one JSON line of counts on stdout. A failure is raised under its name.
"""

from __future__ import annotations

import json
import sys

from awsglue.utils import getResolvedOptions

from lake.convert.step import run
from lake.job_end import end_by_name
from lake.run_identity import run_id_of
from lake.stores.s3_store import S3Store

ARGUMENTS = ["lane", "region", "bucket", "datasets", "code_version"]


def main(argv: list[str]) -> None:
    """Glue's entry: converts the datasets named by the arguments, one summary line on stdout."""
    arguments = getResolvedOptions(argv, ARGUMENTS)
    summary = run(
        store=S3Store(bucket=arguments["bucket"], region=arguments["region"]),
        lane=arguments["lane"],
        datasets=arguments["datasets"].split(","),
        code_version=arguments["code_version"],
        run_id=run_id_of(argv),
    )
    print(json.dumps(summary))


if __name__ == "__main__":
    end_by_name(main, sys.argv)
