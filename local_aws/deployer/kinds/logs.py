"""CloudWatch log groups and the policies that let services write to them."""

from __future__ import annotations

from local_aws.deployer.assembly.resource import Created, Kind, Request, words
from local_aws.deployer.kinds.answers import as_text, removing


def log_group(request: Request) -> Created:
    """With its retention in days."""
    logs, name = request.client("logs"), request.name("LogGroupName", limit=512)
    if not request.existing:
        logs.create_log_group(logGroupName=name)
    if days := request.properties.get("RetentionInDays"):
        logs.put_retention_policy(logGroupName=name, retentionInDays=int(days))
    return Created(ref=name, attributes={"Arn": request.place.arn("logs", f"log-group:{name}:*")})


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
        delete=removing("logs", "delete_log_group", "logGroupName"),
        applied=words("LogGroupName RetentionInDays"),
        ignored=words("KmsKeyId LogGroupClass DataProtectionPolicy Tags"),
    ),
    "AWS::Logs::ResourcePolicy": Kind(
        create=resource_policy,
        delete=removing("logs", "delete_resource_policy", "policyName"),
        applied=words("PolicyName PolicyDocument"),
    ),
}
