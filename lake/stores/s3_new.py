"""One object of a bucket, written where there is none yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_EXISTS = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")


def put_new(s3: S3Client, *, bucket: str, key: str, data: bytes) -> bool:
    """False where the key exists, or another write of it was faster."""
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=data, IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] in _EXISTS:
            return False
        raise
    return True
