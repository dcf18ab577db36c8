"""What was deployed, as CloudFormation remembers it: per stack its resources with resolved properties.

The records live in a bucket of the local AWS, so that they come and go with what they describe.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from local_aws.deployer.assembly.assets import ensure_bucket
from local_aws.deployer.assembly.resource import Place


@dataclass(frozen=True, kw_only=True)
class ResourceRecord:
    """One resource. `generation` tells generated names of successive resources apart; `complete` is False until the
    service said that it is there; policies as in the template, Delete where it has none."""

    type: str
    properties: dict[str, Any]
    ref: str
    attributes: dict[str, str] = field(default_factory=dict)
    generation: str = ""
    complete: bool = True
    emulated: bool = True
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"


@dataclass(kw_only=True)
class StackRecord:
    """A stack: `resources` in the order in which they were made. `incarnation` counts how often it was created,
    `needs` are stacks that must be there as long as it is."""

    name: str
    incarnation: int = 0
    protected: bool = False
    needs: list[str] = field(default_factory=list)
    resources: dict[str, ResourceRecord] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    superseded: list[tuple[str, ResourceRecord]] = field(default_factory=list)
    """Replaced resources that are still to be removed, by logical id."""

    @property
    def is_there(self) -> bool:
        """Whether the stack exists; a deleted one is remembered for its incarnation only."""
        return bool(self.resources or self.superseded)


class Records:
    """Records as objects of the local AWS, one per stack."""

    def __init__(self, *, s3: Any, place: Place) -> None:
        self._s3, self._place = s3, place
        self._bucket = f"local-cloudformation-{place.account}-{place.region}"

    def read(self, stack: str) -> StackRecord:
        """An empty record where the stack was never deployed."""
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=f"{stack}.json")["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("NoSuchKey", "NoSuchBucket"):
                raise
            return StackRecord(name=stack)
        return from_text(body.decode())

    def write(self, record: StackRecord) -> None:
        ensure_bucket(self._s3, self._bucket, self._place)
        self._s3.put_object(Bucket=self._bucket, Key=f"{record.name}.json", Body=to_text(record).encode())

    def names(self) -> tuple[str, ...]:
        """Stacks that are there."""
        try:
            listed = self._s3.list_objects_v2(Bucket=self._bucket).get("Contents", [])
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                raise
            return ()
        stacks = (one["Key"].removesuffix(".json") for one in listed)
        return tuple(sorted(stack for stack in stacks if self.read(stack).is_there))


def to_text(record: StackRecord) -> str:
    """JSON."""
    return json.dumps(asdict(record))


def from_text(text: str) -> StackRecord:
    """The inverse of `to_text`."""
    found: Mapping[str, Any] = json.loads(text)
    resources = {logical_id: ResourceRecord(**one) for logical_id, one in found["resources"].items()}
    superseded = [(logical_id, ResourceRecord(**one)) for logical_id, one in found["superseded"]]
    return StackRecord(**{**found, "resources": resources, "superseded": superseded})
