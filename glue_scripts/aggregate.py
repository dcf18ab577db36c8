"""The job aggregate: checks what the curated crawl left in the catalog, then computes the report table.

Arguments: lane, region, bucket, datasets, curated_database_prefix, code_version. Reads the files that the
lane's ledger names, writes `aggregates/<lane>/<snapshot>/delays.parquet` and its entry, prints one
JSON line of counts. Spark starts only where a report is missing. Fails by name (TablesMissing).
"""

from __future__ import annotations

import json
import sys

from awsglue.utils import getResolvedOptions

from lake.aggregate.step import run, with_spark
from lake.clients import client
from lake.job_end import end_by_name

ARGUMENTS = ["lane", "region", "bucket", "datasets", "curated_database_prefix", "code_version"]


def main(argv: list[str]) -> None:
    """Glue's entry: clients of the region, one summary line on stdout."""
    arguments = getResolvedOptions(argv, ARGUMENTS)
    clients = {name: client(name, region=arguments["region"]) for name in ("s3", "glue")}
    print(json.dumps(run(arguments, compute=with_spark, **clients)))


if __name__ == "__main__":
    end_by_name(main, sys.argv)
