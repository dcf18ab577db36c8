"""Puts an assembly's file assets where its asset manifests say: the bootstrap bucket.

Flows in: assets. Flows out: objects. An object that is there is never put again, since its key is a
hash of its content. Folders become zip files with fixed times and order.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from botocore.exceptions import ClientError

from local_aws.deployer.assembly.assembly import Asset
from local_aws.deployer.assembly.resource import DeployRefused, Place

_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


def publish(assets: Iterable[Asset], *, s3: Any, place: Place) -> None:
    """Makes every asset an object, the bucket included."""
    buckets: set[str] = set()
    for asset in assets:
        bucket, key = _filled(asset.bucket, place), _filled(asset.key, place)
        if bucket not in buckets:
            ensure_bucket(s3, bucket, place)
            buckets.add(bucket)
        if _is_found(lambda bucket=bucket, key=key: s3.head_object(Bucket=bucket, Key=key)):
            continue
        with _content(asset) as body:
            s3.put_object(Bucket=bucket, Key=key, Body=body)


def is_bucket_there(s3: Any, bucket: str) -> bool:
    """Whether the bucket exists."""
    return _is_found(lambda: s3.head_bucket(Bucket=bucket))


def _is_found(look: Callable[[], Any]) -> bool:
    try:
        look()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        return False
    return True


def ensure_bucket(s3: Any, bucket: str, place: Place) -> None:
    """Creates the bucket unless it is there."""
    if not is_bucket_there(s3, bucket):
        where = {} if place.region == "us-east-1" else {"LocationConstraint": place.region}
        s3.create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": where} if where else {}))


def zipped(folder: Path) -> bytes:
    """The folder's files as a zip whose bytes depend on names and contents only."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _FIXED_TIME)
            entry.external_attr = (file.stat().st_mode & 0xFFFF) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    return sink.getvalue()


@contextmanager
def _content(asset: Asset) -> Iterator[bytes | BinaryIO]:
    """A file is read while it is sent: a wheel has 45 MB."""
    if not asset.source.exists():
        raise DeployRefused(f"the asset {asset.source} is missing from the assembly; synthesise again")
    if asset.packaging == "zip" and asset.source.is_dir():
        yield zipped(asset.source)
        return
    with asset.source.open("rb") as file:
        yield file


def _filled(text: str, place: Place) -> str:
    for name, value in place.pseudo_parameters("").items():
        text = text.replace("${" + name + "}", value)
    return text
