"""Decides what an update does to each resource of a stack, before any call, as a change set does.

Flows in: the stack's record and its new resources with resolved properties. Flows out: one `Change` per resource that
does not stay as it is, and refusals in CloudFormation's words with the remedy. `update_rules.json` holds what the
resource schemas say (tools/update_rules.py writes it from cfn-lint's); what no schema says stands here with its source.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from local_aws.deployer.records import ResourceRecord

_FILE = Path(__file__).with_name("update_rules.json")
_STARTING = ("ON_DEMAND", "SCHEDULED", "EVENT")

INTERRUPTIONS = {"AWS::MWAA::Environment": "AWS replaces Airflow's containers, so it is away for minutes"}
"""Updates in place that are felt, which no schema says. Source: MWAA User Guide, "Updating an environment"."""

# CloudFormation's physical name where the property is not called Name or <type>Name.
_NAMES = {"AWS::EC2::SecurityGroup": "GroupName"}

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


@cache
def _rules() -> dict[str, dict[str, list[str]]]:
    return json.loads(_FILE.read_text(encoding="utf-8"))["types"]


def replacing(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """Create-only properties that differ: with any of them the resource is made anew and the old one is removed."""
    paths = _rules().get(kind, {}).get("create_only", [])
    return tuple(path for path in paths if _at(old, path) != _at(new, path))


def perhaps_replacing(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """Properties that differ and of which the schema says that they are create-only under conditions it can't say."""
    paths = _rules().get(kind, {}).get("perhaps", [])
    return tuple(path for path in paths if _at(old, path) != _at(new, path))


def name_property(kind: str) -> str | None:
    """The property that names the resource in its service, None where there is none."""
    if kind in _NAMES:
        return _NAMES[kind]
    last = kind.rsplit("::", 1)[-1].lower()
    paths = _rules().get(kind, {}).get("create_only", [])
    return next((path for path in paths if path.lower() in ("name", f"{last}name")), None)


def custom_name(kind: str, properties: Mapping[str, Any]) -> str | None:
    """The name that the template gives, None where CloudFormation makes one."""
    named = name_property(kind)
    return properties.get(named) if named else None


def import_identifier(kind: str) -> tuple[str, ...]:
    """The properties that `cdk import` asks for."""
    return tuple(_rules().get(kind, {}).get("identifier", []))


def is_adoptable(kind: str, properties: Mapping[str, Any], deletion_policy: str) -> bool:
    """Whether ImportExistingResources takes it: named by the template, the identifier being that name, and retained.

    Source: CloudFormation User Guide, "Import AWS resources into a CloudFormation stack automatically".
    """
    known = _rules().get(kind, {})
    return (
        deletion_policy in ("Retain", "RetainExceptOnCreate")
        and not known.get("given_by_aws")
        and bool(known.get("identifier"))
        and all(_at(properties, path) for path in known["identifier"])
    )


def occupied(kind: str, properties: Mapping[str, Any]) -> Iterator[str]:
    """Places of which AWS has one only, so a new resource can't take them before the old one is deleted."""
    if name := custom_name(kind, properties):
        yield f"the name {name} of {kind}"
    if kind == "AWS::EC2::Subnet":
        yield f"the block {properties.get('CidrBlock')} of {properties.get('VpcId')}"
    if kind == "AWS::Glue::Trigger" and properties.get("Type") in _STARTING and properties.get("WorkflowName"):
        yield f"the one starting trigger of the workflow {properties['WorkflowName']}"


def _at(value: Any, path: str) -> Any:
    for part in path.split("/"):
        if part == "*":
            continue
        if isinstance(value, list):
            value = [_at(one, part) for one in value]
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
    return value
