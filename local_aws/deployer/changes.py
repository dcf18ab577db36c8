"""Decides what an update does to each resource of a stack, before any call, as a change set does.

Flows in: the stack's record and its new resources with resolved properties. Flows out: one `Change` per resource that
does not stay as it is, and refusals in CloudFormation's words with the remedy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from local_aws.deployer.records import ResourceRecord
from local_aws.deployer.update_rules import (
    INTERRUPTIONS,
    custom_name,
    occupied,
    perhaps_replacing,
    replacing,
)

Action = Literal["create", "adopt", "update", "replace", "keep", "delete", "retain"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """`resource` is stack/logical id; `why` names properties, policies and interruptions."""

    resource: str
    type: str
    action: Action
    why: str = ""

    def __str__(self) -> str:
        return f"{self.action} {self.resource} ({self.type})" + (f": {self.why}" if self.why else "")


@dataclass(frozen=True, kw_only=True)
class Refusal(Exception):
    """Why CloudFormation would not do it, with the remedy."""

    text: str

    def __str__(self) -> str:
        return self.text


def decide(kind: str, old: ResourceRecord | None, new: Mapping[str, Any]) -> tuple[Action, str]:
    """(action, why); raises Refusal."""
    if old is None:
        return "create", ""
    if old.type != kind:
        raise Refusal(text=f"Update of resource type is not permitted ({old.type} to {kind}); give it a new logical id")
    if old.properties == new:
        return ("keep", "") if old.complete else ("update", "its last deploy did not come to its end")
    if kind.startswith("Custom::") and old.properties.get("ServiceToken") != new.get("ServiceToken"):
        raise Refusal(text="Modifying service token is not allowed; give it a new logical id")
    changed = ", ".join(
        sorted(key for key in old.properties.keys() | new.keys() if old.properties.get(key) != new.get(key))
    )
    if fixed := replacing(kind, old.properties, new):
        name = custom_name(kind, new)
        if name is not None and name == custom_name(kind, old.properties):
            raise Refusal(
                text=f"{', '.join(fixed)} can't change in place, and CloudFormation cannot update a stack when a "
                f"custom-named resource requires replacing. Rename {name} and update the stack again"
            )
        return "replace", f"{', '.join(fixed)} can't change in place"
    why = [changed]
    if possible := perhaps_replacing(kind, old.properties, new):
        why.append(f"AWS may replace it for {', '.join(possible)}")
    if kind in INTERRUPTIONS:
        why.append(f"interrupts: {INTERRUPTIONS[kind]}")
    return "update", "; ".join(why)


def collisions(
    made: Mapping[str, tuple[str, Mapping[str, Any]]], gone: Mapping[str, ResourceRecord]
) -> Iterator[tuple[str, str]]:
    """(logical id, refusal) where a resource takes a place that is free only at the update's end.

    `made` are resources to be created or replaced, `gone` those to be removed: CloudFormation creates first.
    """
    taken = {place: logical_id for logical_id, old in gone.items() for place in occupied(old.type, old.properties)}
    for logical_id, (kind, properties) in made.items():
        for place in occupied(kind, properties):
            if place in taken:
                yield (
                    logical_id,
                    f"{place} is {taken[place]}'s until the end of the update, and new resources are created before "
                    f"old ones are deleted; deploy without {taken[place]} first, or choose another",
                )
