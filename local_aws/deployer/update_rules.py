"""What an update of a resource means to CloudFormation: in place, by replacement, refused, or with an interruption.

Flows in: a type and its properties, old and new. Flows out: facts. `update_rules.json` holds what the resource
schemas say (tools/update_rules.py writes it from cfn-lint's); what no schema says stands here with its source.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("update_rules.json")
_STARTING = ("ON_DEMAND", "SCHEDULED", "EVENT")

INTERRUPTIONS = {"AWS::MWAA::Environment": "AWS replaces Airflow's containers, so it is away for minutes"}
"""Updates in place that are felt, which no schema says. Source: MWAA User Guide, "Updating an environment"."""

# CloudFormation's physical name where the property is not called Name or <type>Name.
_NAMES = {"AWS::EC2::SecurityGroup": "GroupName"}


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
