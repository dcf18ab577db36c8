"""The job verify: reads the lane's curated data back and compares it with what the ledger says.

Arguments: lane, region, bucket, datasets. Prints one JSON line of counts. Fails by name (RowsNotConserved,
ChecksumMismatched, QualityRuleFailed); it changes nothing.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from awsglue.utils import getResolvedOptions
from botocore.exceptions import ClientError

from lake.clients import client
from lake.job_end import end_by_name
from lake.ledger.committed import Committed
from lake.verify.dataset import ReadObject, Verified, verify_dataset
from strict_csv.contract_file import dataset_contract

ARGUMENTS = ["lane", "region", "bucket", "datasets"]


def object_reader(s3: Any, bucket: str) -> ReadObject:
    """A function from key to bytes, None where there is no object."""

    def read(key: str) -> bytes | None:
        try:
            return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise

    return read


def run(arguments: dict[str, str], *, s3: Any) -> dict[str, Verified]:
    """The whole job with its client as an argument."""
    lane, bucket = arguments["lane"], arguments["bucket"]
    committed = Committed(s3=s3, bucket=bucket, lane=lane)
    read_object = object_reader(s3, bucket)
    return {
        dataset: verify_dataset(
            dataset_contract(dataset), committed.entries(dataset), lane=lane, read_object=read_object
        )
        for dataset in arguments["datasets"].split(",")
    }


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
