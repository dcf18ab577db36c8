"""S3 buckets, and uploads into them."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Any

from local_aws.deployer.assembly.assets import ensure_bucket, is_bucket_there
from local_aws.deployer.assembly.resource import Created, Kind, Request, words
from local_aws.deployer.kinds.answers import gone, refuse_taken, removing


def bucket(request: Request) -> Created:
    """Versioning, EventBridge and public access block are what differs locally; nothing ages here."""
    name = request.name("BucketName", limit=63, lower=True)
    s3 = request.client("s3")
    refuse_taken(request, f"bucket {name}", lambda: is_bucket_there(s3, name))
    ensure_bucket(s3, name, request.place)
    properties = request.properties
    if versioning := properties.get("VersioningConfiguration"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": versioning["Status"]})
    events = properties.get("NotificationConfiguration", {}).get("EventBridgeConfiguration", {})
    if str(events.get("EventBridgeEnabled", False)).lower() == "true":
        s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
    elif request.existing:
        s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={})
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


def emptying(request: Request) -> Created:
    """What CDK's function for auto_delete_objects does on an update: a bucket that it no longer serves is emptied."""
    old, new = request.before.get("BucketName"), request.properties["BucketName"]
    if old and old != new:
        _empty(request.client("s3"), old)
    return Created(ref=f"{request.logical_id}-{new}")


def remove_emptying(request: Request) -> None:
    """Empties the bucket, all versions, before it is deleted itself."""
    gone(lambda: _empty(request.client("s3"), request.properties["BucketName"]))


def remove_deployment(request: Request) -> None:
    """What was uploaded goes too, unless it is to stay (RetainOnDelete, which is the default)."""
    properties = request.properties
    if str(properties.get("RetainOnDelete", True)).lower() == "true":
        return
    s3, target, prefix = request.client("s3"), properties["DestinationBucketName"], _prefix(properties)
    gone(lambda: [s3.delete_object(Bucket=target, Key=key) for key in _listed(s3, target, prefix)])


def bucket_deployment(request: Request) -> Created:
    """What CDK's BucketDeployment function does: unpack assets below a prefix, remove what is no longer there."""
    properties = request.properties
    s3 = request.client("s3")
    target, prefix = properties["DestinationBucketName"], _prefix(properties)
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


def _prefix(properties: Mapping[str, Any]) -> str:
    given = properties.get("DestinationBucketKeyPrefix", "").strip("/")
    return f"{given}/" if given else ""


def _empty(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for one in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])


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
        # Refused by S3 while the bucket holds anything, versions included.
        delete=removing("s3", "delete_bucket", "Bucket"),
        applied=words("BucketName VersioningConfiguration NotificationConfiguration PublicAccessBlockConfiguration"),
        ignored=words(
            "AccessControl BucketEncryption LifecycleConfiguration LoggingConfiguration ObjectLockEnabled "
            "OwnershipControls Tags"
        ),
    ),
    "Custom::S3AutoDeleteObjects": Kind(
        create=emptying,
        delete=remove_emptying,
        applied=words("BucketName"),
        ignored=words("ServiceToken ServiceTimeout"),
    ),
    "Custom::CDKBucketDeployment": Kind(
        create=bucket_deployment,
        delete=remove_deployment,
        applied=words(
            "SourceBucketNames SourceObjectKeys SourceMarkers DestinationBucketName DestinationBucketKeyPrefix Extract "
            "Prune RetainOnDelete"
        ),
        ignored=words(
            "ServiceToken ServiceTimeout DestinationBucketArn DistributionId OutputObjectKeys SystemMetadata "
            "UserMetadata WaitForDistributionInvalidation SourceMarkersConfig"
        ),
    ),
}
