"""Removes resources: at the end of an update, and with their stack. Youngest first, and as their policies say.

Flows in: a stack's record. Flows out: deletions, and a `Change` for each resource that went or was left where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.deployer.assembly.resource import Created, DeployFailed, Place, Request
from local_aws.deployer.changes import Change
from local_aws.deployer.kinds import KINDS
from local_aws.deployer.records import ResourceRecord, StackRecord

_IN_USE = "AWS leaves it behind while a network interface uses it"
_USED_BY_INTERFACES = {"AWS::EC2::Subnet", "AWS::EC2::SecurityGroup", "AWS::EC2::VPC"}


@dataclass(kw_only=True)
class Remover:
    """`changes` is appended to."""

    place: Place
    client: Callable[[str], Any]
    changes: list[Change]
    progress: Callable[[str], None]

    def clean_up(self, record: StackRecord, wanted: Set[str]) -> None:
        """Replaced resources, then those that the template no longer has; DeployFailed names one that stays."""
        while record.superseded:
            logical_id, old = record.superseded[-1]
            self._remove(record, logical_id, old, policy=old.update_replace_policy, because="replaced")
            record.superseded.pop()
        for logical_id in [one for one in reversed(record.resources) if one not in wanted]:
            old = record.resources[logical_id]
            because = "no longer in the template" if wanted else "its stack is deleted"
            self._remove(record, logical_id, old, policy=old.deletion_policy, because=because)
            del record.resources[logical_id]

    def _remove(self, record: StackRecord, logical_id: str, old: ResourceRecord, *, policy: str, because: str) -> None:
        resource = f"{record.name}/{logical_id}"
        if policy.startswith("Retain"):
            change = Change(
                resource=resource, type=old.type, action="retain", why=f"{old.ref} stays ({because}, {policy})"
            )
            self.changes.append(change)
            self.progress(str(change))
            return
        kind = KINDS.get(old.type)
        if kind is not None and old.emulated:
            request = Request(
                stack=record.name,
                logical_id=logical_id,
                type=old.type,
                properties=old.properties,
                place=self.place,
                client=self.client,
                existing=Created(ref=old.ref, attributes=old.attributes),
                before=old.properties,
                generation=old.generation,
            )
            try:
                kind.delete(request)
            except (ClientError, BotoCoreError, KeyError) as error:
                raise DeployFailed(f"{resource} ({old.type}): {old.ref} could not be deleted: {error}") from error
        used = f"; {_IN_USE}" if old.type in _USED_BY_INTERFACES and because == "replaced" else ""
        self.changes.append(Change(resource=resource, type=old.type, action="delete", why=because + used))
