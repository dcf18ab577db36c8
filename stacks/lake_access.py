"""IAM statements over prefixes of the data bucket, so that a role's reach is read in one line.

Flows in: partition, bucket name, prefixes of `pipeline.layout`. Flows out: statements. Grants no key.
"""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import aws_iam as iam


def listing(partition: str, bucket: str, prefixes: Iterable[str], *, versions: bool = False) -> iam.PolicyStatement:
    """List below the prefixes; `versions` lists object versions too."""
    return iam.PolicyStatement(
        actions=["s3:ListBucket", *(["s3:ListBucketVersions"] if versions else [])],
        resources=[f"arn:{partition}:s3:::{bucket}"],
        conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
    )


def locating(partition: str, bucket: str) -> iam.PolicyStatement:
    """Ask for the bucket's region, which Spark and Athena do first."""
    return iam.PolicyStatement(actions=["s3:GetBucketLocation"], resources=[f"arn:{partition}:s3:::{bucket}"])


def reading(partition: str, bucket: str, prefixes: Iterable[str], *, versions: bool = False) -> iam.PolicyStatement:
    """Read objects below the prefixes; `versions` reads pinned versions too."""
    return iam.PolicyStatement(
        actions=["s3:GetObject", *(["s3:GetObjectVersion"] if versions else [])],
        resources=_objects(partition, bucket, prefixes),
    )


def writing(partition: str, bucket: str, prefixes: Iterable[str]) -> iam.PolicyStatement:
    """Write objects below the prefixes, in one part or many."""
    return iam.PolicyStatement(
        actions=["s3:PutObject", "s3:AbortMultipartUpload"], resources=_objects(partition, bucket, prefixes)
    )


def deleting(partition: str, bucket: str, prefixes: Iterable[str]) -> iam.PolicyStatement:
    """Delete objects below the prefixes (the bucket is versioned, so this only hides them)."""
    return iam.PolicyStatement(actions=["s3:DeleteObject"], resources=_objects(partition, bucket, prefixes))


def _objects(partition: str, bucket: str, prefixes: Iterable[str]) -> list[str]:
    return [f"arn:{partition}:s3:::{bucket}/{prefix}*" for prefix in prefixes]
