"""`s3://bucket/key` taken apart."""

from __future__ import annotations

from dataclasses import dataclass

from local_aws.wire.errors import AwsError


@dataclass(frozen=True, kw_only=True)
class S3Location:
    """`key` has no leading slash; it may be a prefix or empty."""

    bucket: str
    key: str


def s3_location(text: str) -> S3Location:
    """Raises AwsError InvalidInputException for anything that is not an s3:// path."""
    scheme, _, rest = text.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme not in ("s3", "s3a") or not bucket:
        raise AwsError("InvalidInputException", f"{text!r} is not an s3:// location")
    return S3Location(bucket=bucket, key=key)
