"""Grants over prefixes of the data bucket, so that a role's reach is read in one line.

Flows in: partition, bucket name, prefixes of `pipeline.layout`. Flows out: grants. Gives no key.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.layout import outcomes_prefix
from stacks.grants import Grant

OBJECTS = "Objects come and go below a prefix; the prefix is the narrowest name there is"


def listing(partition: str, bucket: str, prefixes: Iterable[str], *, versions: bool = False) -> Grant:
    """List below the prefixes; `versions` lists object versions too."""
    return Grant(
        actions=("s3:ListBucket", *(("s3:ListBucketVersions",) if versions else ())),
        resources=(f"arn:{partition}:s3:::{bucket}",),
        conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
    )


def locating(partition: str, bucket: str) -> Grant:
    """Ask for the bucket's region, which Spark and Athena do first."""
    return Grant(actions=("s3:GetBucketLocation",), resources=(f"arn:{partition}:s3:::{bucket}",))


def reading(partition: str, bucket: str, prefixes: Iterable[str], *, versions: bool = False) -> Grant:
    """Read objects below the prefixes; `versions` reads pinned versions too."""
    return _objects(
        partition, bucket, prefixes, actions=("s3:GetObject", *(("s3:GetObjectVersion",) if versions else ()))
    )


def writing(partition: str, bucket: str, prefixes: Iterable[str]) -> Grant:
    """Write objects below the prefixes, in one part or many."""
    return _objects(partition, bucket, prefixes, actions=("s3:PutObject", "s3:AbortMultipartUpload"))


def deleting(partition: str, bucket: str, prefixes: Iterable[str]) -> Grant:
    """Delete objects below the prefixes (the bucket is versioned, so this only hides them)."""
    return _objects(partition, bucket, prefixes, actions=("s3:DeleteObject",))


def claiming(partition: str, bucket: str, lane: str) -> tuple[Grant, Grant]:
    """Claim a run's one notification, and give the claim back where publishing failed."""
    claims = [outcomes_prefix(lane)]
    return writing(partition, bucket, claims), deleting(partition, bucket, claims)


def _objects(partition: str, bucket: str, prefixes: Iterable[str], *, actions: tuple[str, ...]) -> Grant:
    return Grant(
        actions=actions,
        resources=tuple(f"arn:{partition}:s3:::{bucket}/{prefix}*" for prefix in prefixes),
        reason=OBJECTS,
    )
