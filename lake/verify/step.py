"""The step verify: what the lane's ledger says against what its curated files hold; it changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lake.contracts import dataset_contract
from lake.ledger.committed import committed_state
from lake.verify.dataset import ReadObject, Verified, verify_dataset

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def object_reader(s3: S3Client, bucket: str) -> ReadObject:
    """A function from key to bytes, None where there is no object."""

    def read(key: str) -> bytes | None:
        try:
            return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise

    return read


def run(arguments: dict[str, str], *, s3: S3Client) -> dict[str, Verified]:
    """The whole job with its client as an argument."""
    lane, bucket = arguments["lane"], arguments["bucket"]
    read_object = object_reader(s3, bucket)
    return {
        dataset: verify_dataset(
            dataset_contract(dataset),
            committed_state(s3=s3, bucket=bucket, lane=lane, dataset=dataset).entries,
            lane=lane,
            read_object=read_object,
        )
        for dataset in arguments["datasets"].split(",")
    }
