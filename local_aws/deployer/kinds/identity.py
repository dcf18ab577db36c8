"""IAM roles and policies. They are stored, so that roles have ARNs; nothing is denied by them locally."""

from __future__ import annotations

from typing import Any

from local_aws.deployer.kinds.answers import as_text, create_or
from local_aws.deployer.resource import Created, Kind, Request


def role(request: Request) -> Created:
    """Inline policies and customer-managed attachments included; AWS-managed policies are not stored locally."""
    iam, name = request.client("iam"), request.name("RoleName")
    trust = as_text(request.properties["AssumeRolePolicyDocument"])

    def update() -> Any:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
        return iam.get_role(RoleName=name)

    answer = create_or(
        update,
        lambda: iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **request.chosen("Description", "Path")),
    )["Role"]
    for policy in request.properties.get("Policies", []):
        iam.put_role_policy(
            RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=as_text(policy["PolicyDocument"])
        )
    for arn in request.properties.get("ManagedPolicyArns", []):
        if ":iam::aws:" not in arn:
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    return Created(ref=name, attributes={"Arn": answer["Arn"], "RoleId": answer["RoleId"]})


def policy(request: Request) -> Created:
    """An inline policy of the roles it names."""
    name = request.name("PolicyName", limit=128)
    for role_name in request.properties.get("Roles", []):
        request.client("iam").put_role_policy(
            RoleName=role_name, PolicyName=name, PolicyDocument=as_text(request.properties["PolicyDocument"])
        )
    return Created(ref=name, attributes={"Id": name})


def managed_policy(request: Request) -> Created:
    """A policy of its own, attached to the roles it names."""
    iam, name = request.client("iam"), request.name("ManagedPolicyName", limit=128)
    path = request.properties.get("Path", "/")
    arn = f"arn:{request.place.partition}:iam::{request.place.account}:policy{path}{name}"
    document = as_text(request.properties["PolicyDocument"])

    def update() -> None:
        versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
        for version in versions:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)

    create_or(update, lambda: iam.create_policy(PolicyName=name, Path=path, PolicyDocument=document))
    for role_name in request.properties.get("Roles", []):
        iam.attach_role_policy(RoleName=role_name, PolicyArn=arn)
    return Created(ref=arn, attributes={"PolicyArn": arn})


KINDS = {
    "AWS::IAM::Role": Kind(
        create=role,
        applied=frozenset(
            {"RoleName", "AssumeRolePolicyDocument", "Description", "Path", "Policies", "ManagedPolicyArns"}
        ),
        ignored=frozenset({"MaxSessionDuration", "PermissionsBoundary", "Tags"}),
    ),
    "AWS::IAM::Policy": Kind(create=policy, applied=frozenset({"PolicyName", "PolicyDocument", "Roles"})),
    "AWS::IAM::ManagedPolicy": Kind(
        create=managed_policy,
        applied=frozenset({"ManagedPolicyName", "Path", "PolicyDocument", "Roles"}),
        ignored=frozenset({"Description", "Tags"}),
    ),
}
