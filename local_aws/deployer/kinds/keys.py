"""KMS keys and aliases. A key has no name of its own: the stack's record, or `cdk import`, says which one it is."""

from __future__ import annotations

from local_aws.deployer.assembly.resource import Created, Kind, Request, words
from local_aws.deployer.kinds.answers import as_text, create_or, gone, removing


def key(request: Request) -> Created:
    """A new key, or the existing one with policy and description of now."""
    kms = request.client("kms")
    policy = {"Policy": as_text(request.properties["KeyPolicy"])} if "KeyPolicy" in request.properties else {}
    if request.existing:
        found = kms.describe_key(KeyId=request.existing.ref)["KeyMetadata"]
        if policy:
            kms.put_key_policy(KeyId=found["KeyId"], PolicyName="default", **policy)
        kms.update_key_description(KeyId=found["KeyId"], Description=request.properties.get("Description", ""))
    else:
        found = kms.create_key(**policy, **request.chosen("Description"))["KeyMetadata"]
    return Created(ref=found["KeyId"], attributes={"Arn": found["Arn"], "KeyId": found["KeyId"]})


def alias(request: Request) -> Created:
    """Points to its key."""
    kms, name = request.client("kms"), request.properties["AliasName"]
    target = request.properties["TargetKeyId"].rsplit("/", 1)[-1]
    create_or(request, kms.update_alias, kms.create_alias, AliasName=name, TargetKeyId=target)
    return Created(ref=name, attributes={"AliasArn": request.place.arn("kms", name)})


def remove_key(request: Request) -> None:
    """KMS waits the pending window (30 days unless said), during which nobody can use the key."""
    days = int(request.properties.get("PendingWindowInDays", 30))
    gone(lambda: request.client("kms").schedule_key_deletion(KeyId=request.ref, PendingWindowInDays=days))


KINDS = {
    "AWS::KMS::Key": Kind(
        create=key,
        delete=remove_key,
        applied=words("Description KeyPolicy PendingWindowInDays"),
        ignored=words("EnableKeyRotation Enabled RotationPeriodInDays Tags MultiRegion"),
    ),
    "AWS::KMS::Alias": Kind(
        create=alias, delete=removing("kms", "delete_alias", "AliasName"), applied=words("AliasName TargetKeyId")
    ),
}
