"""The ledger's checkpoints, held against the slots that they stand for.

Jobs read a checkpoint instead of most slots, so that one that lies would be believed by all of them. Like ledger.py
this shares no code with the writer: the documented form of a checkpoint is all it knows (docs/decisions/0037).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline.errors import ChecksumMismatched
from pipeline.layout import checkpoint_key, ledger_key

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def check_checkpoints(
    entries: Mapping[str, dict[str, Any]], *, s3: S3Client, bucket: str, lane: str, datasets: Iterable[str]
) -> None:
    """Of the newest checkpoint of each dataset and of its base: `entries` are what every slot says, by key. None at all
    is no fault, and one that is behind is none either; ChecksumMismatched names one that says something else."""
    for dataset in datasets:
        name, due = "latest", None
        while name:
            key = checkpoint_key(lane, dataset, name)
            try:
                data = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            except ClientError as error:
                if error.response["Error"]["Code"] != "NoSuchKey" or due:
                    raise
                break
            try:
                base = _checked(data, entries, lane=lane, dataset=dataset, due=due)
            except (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError) as error:
                raise ChecksumMismatched(f"{key}: {error}; remove it, slots are what counts") from error
            name, due = (f"{base['slot']:08d}", base) if base else ("", None)


def _checked(
    data: bytes, entries: Mapping[str, dict[str, Any]], *, lane: str, dataset: str, due: dict[str, Any] | None
) -> dict[str, Any] | None:
    """What it says of its base; ValueError and the like where it is not what it says, or not `due`."""
    first, _, rest = gzip.decompress(data).partition(b"\n")
    digest = hashlib.sha256(rest).hexdigest()
    if json.loads(first) != {"sha256": digest} or (due and due["sha256"] != digest):
        raise ValueError("its digest is not that of what it holds")
    head, *lines = map(json.loads, rest.splitlines())
    if (head["lane"], head["dataset"]) != (lane, dataset):
        raise ValueError(f"it is of lane {head['lane']}, dataset {head['dataset']}")
    for problem in _problems(lines, entries, lane=lane, dataset=dataset, base=head["base"]):
        raise ValueError(problem)
    return head["base"]


def _problems(
    lines: list[dict[str, Any]],
    entries: Mapping[str, dict[str, Any]],
    *,
    lane: str,
    dataset: str,
    base: dict[str, Any] | None,
) -> Iterator[str]:
    behind = base["slot"] if base else 0
    for line in lines:
        key = ledger_key(lane, dataset, f"{line['slot']:08d}")
        if key not in entries:
            yield f"{key} is not there"
        elif entries[key] != line["entry"]:
            yield f"{key} says something else"
        if line["slot"] > max(behind + 1, 1):
            yield f"slot {behind + 1} is left out"
        behind = line["slot"]
