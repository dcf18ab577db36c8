"""What the templates' roles allow and whom they trust, read back without the constructs that wrote it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

THE_CDKS_OWN = ("Custom",)
"""Logical ids of roles that the CDK writes for its custom resources; what they may do is not ours to say."""


@dataclass(kw_only=True)
class Role:
    """`statements` as in the policy documents; `trust` the statements of who may assume it."""

    stack: str
    logical_id: str
    description: str
    trust: list[dict[str, Any]]
    statements: list[dict[str, Any]] = field(default_factory=list)

    @property
    def actions(self) -> set[str]:
        """All actions allowed, whatever the resource."""
        return {action for statement in self.statements for action in as_list(statement["Action"])}

    @property
    def services(self) -> set[str]:
        """First parts of the trusted service principals."""
        named = [as_list(statement["Principal"]["Service"]) for statement in self.trust]
        return {str(principal).split(".")[0] for principals in named for principal in principals}


def as_list(value: Any) -> list[Any]:
    """IAM's documents say one thing as itself and several as a list."""
    return value if isinstance(value, list) else [value]


def roles_of(stack: str, template: dict[str, Any]) -> list[Role]:
    """Every role of the template, with the statements of all its policies."""
    found: dict[str, Role] = {}
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role" and not logical_id.startswith(THE_CDKS_OWN):
            properties = resource["Properties"]
            assert not properties.get("ManagedPolicyArns"), f"{logical_id}: a managed policy cannot be compared"
            found[logical_id] = Role(
                stack=stack,
                logical_id=logical_id,
                description=properties.get("Description", ""),
                trust=properties["AssumeRolePolicyDocument"]["Statement"],
                statements=[
                    one for policy in properties.get("Policies", []) for one in policy["PolicyDocument"]["Statement"]
                ],
            )
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Policy":
            for role in resource["Properties"].get("Roles", []):
                if role["Ref"] in found:
                    found[role["Ref"]].statements += resource["Properties"]["PolicyDocument"]["Statement"]
    return list(found.values())
