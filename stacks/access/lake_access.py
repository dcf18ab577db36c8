"""Grants over prefixes of the data bucket, so that a role's reach is read in one line.

Flows in: partition, bucket name, prefixes of `pipeline.layout`. Flows out: grants. Gives no key.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.layout import claims_prefix, outcomes_prefix
from stacks.access.grants import Grant

OBJECTS = "Objects come and go below a prefix; the prefix is the narrowest name there is"


def listing(partition: str, bucket: str, prefixes: Iterable[str]) -> Grant:
    """List below the prefixes; who may list also learns that a key is missing, instead of being refused."""
    return _listing(partition, bucket, prefixes, action="s3:ListBucket")


def listing_versions(partition: str, bucket: str, prefixes: Iterable[str]) -> Grant:
    """List object versions below the prefixes."""
    return _listing(partition, bucket, prefixes, action="s3:ListBucketVersions")


def locating(partition: str, bucket: str) -> Grant:
    """Ask for the bucket's region, which Spark and crawlers do first."""
    return Grant(actions=("s3:GetBucketLocation",), resources=(f"arn:{partition}:s3:::{bucket}",))


def reading(partition: str, bucket: str, prefixes: Iterable[str]) -> Grant:
    """Read objects below the prefixes as they are now."""
    return _objects(partition, bucket, prefixes, actions=("s3:GetObject",))


def reading_versions(partition: str, bucket: str, prefixes: Iterable[str]) -> Grant:
    """Read object versions below the prefixes by their ids."""
    return _objects(partition, bucket, prefixes, actions=("s3:GetObjectVersion",))


def writing(partition: str, bucket: str, prefixes: Iterable[str], *, in_parts: bool = False) -> Grant:
    """Write objects below the prefixes; `in_parts` also gives up multipart uploads that failed."""
    return _objects(
        partition, bucket, prefixes, actions=("s3:PutObject", *(("s3:AbortMultipartUpload",) if in_parts else ()))
    )


def deleting(partition: str, bucket: str, prefixes: Iterable[str]) -> Grant:
    """Delete objects below the prefixes (the bucket is versioned, so this only hides them)."""
    return _objects(partition, bucket, prefixes, actions=("s3:DeleteObject",))


def publishing(partition: str, bucket: str, lane: str) -> tuple[Grant, ...]:
    """Claim outcomes of the lane, and read what its runs found; either may not be there yet."""
    claims, evidence = claims_prefix(lane), outcomes_prefix(lane)
    return (
        listing(partition, bucket, [claims, evidence]),
        reading(partition, bucket, [claims, evidence]),
        writing(partition, bucket, [claims]),
    )


def _listing(partition: str, bucket: str, prefixes: Iterable[str], *, action: str) -> Grant:
    return Grant(
        actions=(action,),
        resources=(f"arn:{partition}:s3:::{bucket}",),
        conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
    )


def _objects(partition: str, bucket: str, prefixes: Iterable[str], *, actions: tuple[str, ...]) -> Grant:
    return Grant(
        actions=actions,
        resources=tuple(f"arn:{partition}:s3:::{bucket}/{prefix}*" for prefix in prefixes),
        reason=OBJECTS,
    )
