"""S3 buckets, and uploads into them."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import Any

from local_aws.deployer.assets import ensure_bucket
from local_aws.deployer.resource import Created, Kind, Request


def bucket(request: Request) -> Created:
    """Versioning, EventBridge and public access block are what differs locally; nothing ages here."""
    name = request.name("BucketName", limit=63, lower=True)
    s3 = request.client("s3")
    ensure_bucket(s3, name, request.place)
    properties = request.properties
    if versioning := properties.get("VersioningConfiguration"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": versioning["Status"]})
    events = properties.get("NotificationConfiguration", {}).get("EventBridgeConfiguration", {})
    if str(events.get("EventBridgeEnabled", False)).lower() == "true":
        s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
    if block := properties.get("PublicAccessBlockConfiguration"):
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    place = request.place
    return Created(
        ref=name,
        attributes={
            "Arn": f"arn:{place.partition}:s3:::{name}",
            "DomainName": f"{name}.s3.{place.url_suffix}",
            "RegionalDomainName": f"{name}.s3.{place.region}.{place.url_suffix}",
        },
    )


def bucket_deployment(request: Request) -> Created:
    """What CDK's BucketDeployment function does: unpack assets below a prefix, remove what is no longer there."""
    properties = request.properties
    s3 = request.client("s3")
    target, prefix = properties["DestinationBucketName"], properties.get("DestinationBucketKeyPrefix", "")
    prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    files: dict[str, bytes] = {}
    markers = properties.get("SourceMarkers") or [{}] * len(properties["SourceBucketNames"])
    sources = zip(properties["SourceBucketNames"], properties["SourceObjectKeys"], markers, strict=True)
    for source_bucket, source_key, marked in sources:
        body = s3.get_object(Bucket=source_bucket, Key=source_key)["Body"].read()
        if str(properties.get("Extract", True)).lower() == "false":
            files[prefix + source_key.rsplit("/", 1)[-1]] = body
            continue
        files |= {prefix + name: content for name, content in _unpacked(body, marked).items()}
    there = _listed(s3, target, prefix)
    for key, content in sorted(files.items()):
        if there.get(key) != hashlib.md5(content, usedforsecurity=False).hexdigest():
            s3.put_object(Bucket=target, Key=key, Body=content)
    if str(properties.get("Prune", True)).lower() == "true":
        for key in sorted(there.keys() - files.keys()):
            s3.delete_object(Bucket=target, Key=key)
    arn = f"arn:{request.place.partition}:s3:::{target}"
    attributes = {"DestinationBucketArn": arn, "SourceObjectKeys": ",".join(properties["SourceObjectKeys"])}
    return Created(ref=f"{target}/{prefix}", attributes=attributes)


def _unpacked(body: bytes, markers: dict[str, Any]) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        found = {entry.filename: archive.read(entry) for entry in archive.infolist() if not entry.is_dir()}
    for marker, value in markers.items():
        found = {name: content.replace(marker.encode(), str(value).encode()) for name, content in found.items()}
    return found


def _listed(s3: Any, bucket: str, prefix: str) -> dict[str, str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {one["Key"]: one["ETag"].strip('"') for page in pages for one in page.get("Contents", [])}


KINDS = {
    "AWS::S3::Bucket": Kind(
        create=bucket,
        applied=frozenset(
            {"BucketName", "VersioningConfiguration", "NotificationConfiguration", "PublicAccessBlockConfiguration"}
        ),
        ignored=frozenset(
            {
                "AccessControl",
                "BucketEncryption",
                "LifecycleConfiguration",
                "LoggingConfiguration",
                "ObjectLockEnabled",
                "OwnershipControls",
                "Tags",
            }
        ),
    ),
    "Custom::CDKBucketDeployment": Kind(
        create=bucket_deployment,
        applied=frozenset(
            {
                "SourceBucketNames",
                "SourceObjectKeys",
                "SourceMarkers",
                "DestinationBucketName",
                "DestinationBucketKeyPrefix",
                "Extract",
                "Prune",
            }
        ),
        ignored=frozenset(
            {
                "ServiceToken",
                "ServiceTimeout",
                "DestinationBucketArn",
                "DistributionId",
                "RetainOnDelete",
                "OutputObjectKeys",
                "SystemMetadata",
                "UserMetadata",
                "WaitForDistributionInvalidation",
                "SourceMarkersConfig",
            }
        ),
    ),
}
