"""KMS keys and aliases. A key has no name of its own, so an alias made from its logical id finds it again."""

from __future__ import annotations

from botocore.exceptions import ClientError

from local_aws.deployer.kinds.answers import as_text
from local_aws.deployer.resource import Created, Kind, Request, generated_name


def key(request: Request) -> Created:
    """One key per logical id, however often it is deployed."""
    kms = request.client("kms")
    own_alias = f"alias/{generated_name(request.stack, request.logical_id, limit=200)}"
    try:
        found = kms.describe_key(KeyId=own_alias)["KeyMetadata"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        policy = {"Policy": as_text(request.properties["KeyPolicy"])} if "KeyPolicy" in request.properties else {}
        found = kms.create_key(**policy, **request.chosen("Description"))["KeyMetadata"]
        kms.create_alias(AliasName=own_alias, TargetKeyId=found["KeyId"])
    return Created(ref=found["KeyId"], attributes={"Arn": found["Arn"], "KeyId": found["KeyId"]})


def alias(request: Request) -> Created:
    """Points to its key."""
    kms, name = request.client("kms"), request.properties["AliasName"]
    target = request.properties["TargetKeyId"].rsplit("/", 1)[-1]
    pages = kms.get_paginator("list_aliases").paginate()
    there = {one["AliasName"] for page in pages for one in page["Aliases"]}
    (kms.update_alias if name in there else kms.create_alias)(AliasName=name, TargetKeyId=target)
    return Created(ref=name, attributes={"AliasArn": request.place.arn("kms", name)})


KINDS = {
    "AWS::KMS::Key": Kind(
        create=key,
        applied=frozenset({"Description", "KeyPolicy"}),
        ignored=frozenset(
            {"EnableKeyRotation", "Enabled", "PendingWindowInDays", "RotationPeriodInDays", "Tags", "MultiRegion"}
        ),
    ),
    "AWS::KMS::Alias": Kind(create=alias, applied=frozenset({"AliasName", "TargetKeyId"})),
}
