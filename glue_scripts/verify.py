"""The job verify: reads the lane's curated data back and compares it with what the ledger says.

Arguments: lane, region, bucket, datasets. Prints one JSON line of counts. Fails by name (RowsNotConserved,
ChecksumMismatched, QualityRuleFailed); it changes nothing.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from awsglue.utils import getResolvedOptions

from lake.clients import client
from lake.job_end import end_by_name
from lake.verify.step import run

ARGUMENTS = ["lane", "region", "bucket", "datasets"]


def main(argv: list[str]) -> None:
    """Glue's entry: a client of the region, one summary line on stdout."""
    arguments = getResolvedOptions(argv, ARGUMENTS)
    verified = run(arguments, s3=client("s3", region=arguments["region"]))
    summary = {
        "step": "verify",
        "lane": arguments["lane"],
        "datasets": {dataset: asdict(counts) for dataset, counts in verified.items()},
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    end_by_name(main, sys.argv)
