"""CloudWatch log groups and the policies that let services write to them."""

from __future__ import annotations

from local_aws.deployer.assembly.resource import Created, Kind, Request
from local_aws.deployer.kinds.answers import as_text, create_or, gone


def log_group(request: Request) -> Created:
    """With its retention in days."""
    logs, name = request.client("logs"), request.name("LogGroupName", limit=512)
    create_or(request, lambda: None, lambda: logs.create_log_group(logGroupName=name))
    if days := request.properties.get("RetentionInDays"):
        logs.put_retention_policy(logGroupName=name, retentionInDays=int(days))
    return Created(ref=name, attributes={"Arn": request.place.arn("logs", f"log-group:{name}:*")})


def remove_group(request: Request) -> None:
    """With its streams."""
    name = request.existing.ref if request.existing else ""
    gone(lambda: request.client("logs").delete_log_group(logGroupName=name))


def remove_resource_policy(request: Request) -> None:
    """By its name."""
    name = request.existing.ref if request.existing else ""
    gone(lambda: request.client("logs").delete_resource_policy(policyName=name))


def resource_policy(request: Request) -> Created:
    """Stored as it is."""
    name = request.name("PolicyName", limit=255)
    request.client("logs").put_resource_policy(
        policyName=name, policyDocument=as_text(request.properties["PolicyDocument"])
    )
    return Created(ref=name)


KINDS = {
    "AWS::Logs::LogGroup": Kind(
        create=log_group,
        delete=remove_group,
        applied=frozenset({"LogGroupName", "RetentionInDays"}),
        ignored=frozenset({"KmsKeyId", "LogGroupClass", "DataProtectionPolicy", "Tags"}),
    ),
    "AWS::Logs::ResourcePolicy": Kind(
        create=resource_policy,
        delete=remove_resource_policy,
        applied=frozenset({"PolicyName", "PolicyDocument"}),
    ),
}
