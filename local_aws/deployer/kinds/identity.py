"""IAM roles and policies. They are stored, so that roles have ARNs; nothing is denied by them locally."""

from __future__ import annotations

from typing import Any

from local_aws.deployer.assembly.resource import Created, Kind, Request, words
from local_aws.deployer.kinds.answers import as_text, create_or, gone


def role(request: Request) -> Created:
    """Inline policies and customer-managed attachments included; AWS-managed policies are not stored locally."""
    iam, name = request.client("iam"), request.name("RoleName")
    trust = as_text(request.properties["AssumeRolePolicyDocument"])

    def update() -> Any:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
        return iam.get_role(RoleName=name)

    answer = create_or(
        request,
        update,
        lambda: iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **request.chosen("Description", "Path")),
    )["Role"]
    policies = request.properties.get("Policies", [])
    wanted = {one["PolicyName"] for one in policies}
    for dropped in sorted({one["PolicyName"] for one in request.before.get("Policies", [])} - wanted):
        gone(lambda dropped=dropped: iam.delete_role_policy(RoleName=name, PolicyName=dropped))
    for policy in policies:
        iam.put_role_policy(
            RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=as_text(policy["PolicyDocument"])
        )
    for arn in request.properties.get("ManagedPolicyArns", []):
        if ":iam::aws:" not in arn:
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    return Created(ref=name, attributes={"Arn": answer["Arn"], "RoleId": answer["RoleId"]})


def remove_role(request: Request) -> None:
    """IAM deletes a role only once nothing hangs on it; policies that are resources of their own went before."""
    iam, name = request.client("iam"), request.ref

    def remove() -> None:
        for one in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=one)
        for one in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=one["PolicyArn"])
        iam.delete_role(RoleName=name)

    gone(remove)


def policy(request: Request) -> Created:
    """An inline policy of the roles it names, and of no others."""
    name, roles = request.name("PolicyName", limit=128), request.properties.get("Roles", [])
    _detach(request, {(one, name) for one in roles})
    for role_name in roles:
        request.client("iam").put_role_policy(
            RoleName=role_name, PolicyName=name, PolicyDocument=as_text(request.properties["PolicyDocument"])
        )
    return Created(ref=name, attributes={"Id": name})


def remove_policy(request: Request) -> None:
    """From every role it was put to."""
    _detach(request, set())


def _detach(request: Request, kept: set[tuple[str, str]]) -> None:
    old_name = request.before.get("PolicyName") or request.ref
    for role_name in request.before.get("Roles", []):
        if (role_name, old_name) not in kept:
            gone(lambda r=role_name: request.client("iam").delete_role_policy(RoleName=r, PolicyName=old_name))


def managed_policy(request: Request) -> Created:
    """A policy of its own, attached to the roles it names."""
    iam, name = request.client("iam"), request.name("ManagedPolicyName", limit=128)
    path = request.properties.get("Path", "/")
    arn = f"arn:{request.place.partition}:iam::{request.place.account}:policy{path}{name}"
    document = as_text(request.properties["PolicyDocument"])

    def update() -> None:
        _delete_old_versions(iam, arn)
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)

    create_or(request, update, lambda: iam.create_policy(PolicyName=name, Path=path, PolicyDocument=document))
    for role_name in request.properties.get("Roles", []):
        iam.attach_role_policy(RoleName=role_name, PolicyArn=arn)
    return Created(ref=arn, attributes={"PolicyArn": arn})


def remove_managed_policy(request: Request) -> None:
    """Detached, with all its versions."""
    iam, arn = request.client("iam"), request.ref

    def remove() -> None:
        for role_name in request.properties.get("Roles", []):
            gone(lambda r=role_name: iam.detach_role_policy(RoleName=r, PolicyArn=arn))
        _delete_old_versions(iam, arn)
        iam.delete_policy(PolicyArn=arn)

    gone(remove)


def _delete_old_versions(iam: Any, arn: str) -> None:
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])


KINDS = {
    "AWS::IAM::Role": Kind(
        create=role,
        delete=remove_role,
        applied=words("RoleName AssumeRolePolicyDocument Description Path Policies ManagedPolicyArns"),
        ignored=words("MaxSessionDuration PermissionsBoundary Tags"),
    ),
    "AWS::IAM::Policy": Kind(create=policy, delete=remove_policy, applied=words("PolicyName PolicyDocument Roles")),
    "AWS::IAM::ManagedPolicy": Kind(
        create=managed_policy,
        delete=remove_managed_policy,
        applied=words("ManagedPolicyName Path PolicyDocument Roles"),
        ignored=words("Description Tags"),
    ),
}
