"""What a handler of a resource type is given and gives back, and what a deploy can end with besides success."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


class DeployRefused(Exception):
    """The assembly can't be deployed as it is; nothing was called. Lists every problem."""


class DeployFailed(Exception):
    """A resource could not be created; names stack, logical id, type, the service's answer."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a deploy goes."""

    account: str
    region: str

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`, as the region says."""
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"

    @property
    def url_suffix(self) -> str:
        """The DNS suffix of the partition."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def pseudo_parameters(self, stack: str) -> dict[str, str]:
        """What `Ref` and `Fn::Sub` of `AWS::...` give in a stack."""
        return {
            "AWS::AccountId": self.account,
            "AWS::Region": self.region,
            "AWS::Partition": self.partition,
            "AWS::URLSuffix": self.url_suffix,
            "AWS::StackName": stack,
            "AWS::StackId": self.arn("cloudformation", f"stack/{stack}/local"),
        }

    def arn(self, service: str, resource: str) -> str:
        """An ARN of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True, kw_only=True)
class Created:
    """What `Ref` and `Fn::GetAtt` of a resource give."""

    ref: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Request:
    """One resource with resolved properties. `client(service)` is a boto3 client of the gateway.

    `existing` is what an update or a deletion finds, with the properties `before`; None where the resource is to be
    made. `generation` tells successive resources of one logical id apart.
    """

    stack: str
    logical_id: str
    type: str
    properties: Mapping[str, Any]
    place: Place
    client: Callable[[str], Any]
    existing: Created | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    generation: str = ""

    @property
    def ref(self) -> str:
        """The physical id of what an update or a deletion finds."""
        return self.existing.ref if self.existing else ""

    def name(self, property_name: str, *, limit: int = 64, lower: bool = False) -> str:
        """The physical name: the property, else one as CloudFormation makes it (stable across updates)."""
        if given := self.properties.get(property_name):
            return given
        return generated_name(self.stack, self.logical_id, limit=limit, lower=lower, generation=self.generation)

    def chosen(self, *names: str) -> dict[str, Any]:
        """Those of the properties that are set, under the same names."""
        return {name: value for name, value in self.properties.items() if name in names}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How a type is deployed.

    `create` makes the resource, or brings an existing one to its properties; `delete` removes it.
    `applied` properties reach the service; `ignored` ones are accepted and have no local meaning; any
    other property is refused at planning. `settled` is for what takes its time: it answers None while
    it does, "" once it is there, or what went wrong.
    """

    create: Callable[[Request], Created]
    delete: Callable[[Request], None]
    applied: frozenset[str]
    ignored: frozenset[str] = frozenset()
    settled: Callable[[Request], str | None] | None = None


def words(text: str) -> frozenset[str]:
    """Names of properties, written as a text with spaces between them."""
    return frozenset(text.split())


def with_parent(_request: Request) -> None:
    """Deletes nothing: it is a part of another resource and goes with it."""


def generated_name(stack: str, logical_id: str, *, limit: int = 64, lower: bool = False, generation: str = "") -> str:
    """`<stack>-<logical id>-<12 letters>`, shortened in the middle to `limit` characters."""
    seed = f"{stack}/{logical_id}" + (f"/{generation}" if generation else "")
    suffix = b32encode(hashlib.sha256(seed.encode()).digest())[:12].decode()
    room = limit - len(suffix) - 1
    stem = f"{stack}-{logical_id}"
    if len(stem) > room:
        stem = f"{stack[: room // 2]}-{logical_id}"[:room].rstrip("-")
    name = f"{stem}-{suffix}"
    return name.lower() if lower else name
