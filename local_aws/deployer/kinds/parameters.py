"""SSM parameters and Secrets Manager secrets."""

from __future__ import annotations

import json
from typing import Any

from local_aws.deployer.assembly.resource import Created, Kind, Request, with_parent
from local_aws.deployer.kinds.answers import as_text, create_or, gone

_PASSWORD = {
    "PasswordLength",
    "ExcludeCharacters",
    "ExcludeLowercase",
    "ExcludeNumbers",
    "ExcludePunctuation",
    "ExcludeUppercase",
    "IncludeSpace",
    "RequireEachIncludedType",
}


def parameter(request: Request) -> Created:
    """Overwritten by an update."""
    name = request.name("Name", limit=1011)
    settings = request.chosen("Value", "Type", "Description")
    request.client("ssm").put_parameter(Name=name, Overwrite=bool(request.existing), **settings)
    return Created(ref=name, attributes={"Value": settings["Value"], "Type": settings["Type"]})


def secret(request: Request) -> Created:
    """A secret keeps its value across deploys."""
    client, name = request.client("secretsmanager"), request.name("Name", limit=512)
    arn = create_or(
        request,
        lambda: client.describe_secret(SecretId=name),
        lambda: client.create_secret(Name=name, SecretString=_value(client, request.properties)),
    )["ARN"]
    return Created(ref=arn, attributes={"Id": arn})


def secret_policy(request: Request) -> Created:
    """Stored as it is."""
    arn = request.properties["SecretId"]
    request.client("secretsmanager").put_resource_policy(
        SecretId=arn, ResourcePolicy=as_text(request.properties["ResourcePolicy"])
    )
    return Created(ref=arn)


def remove_parameter(request: Request) -> None:
    """By its name."""
    name = request.existing.ref if request.existing else ""
    gone(lambda: request.client("ssm").delete_parameter(Name=name))


def remove_secret(request: Request) -> None:
    """At once, as CloudFormation does it: the name is free again."""
    arn = request.existing.ref if request.existing else ""
    gone(lambda: request.client("secretsmanager").delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True))


def _value(client: Any, properties: Any) -> str:
    if "SecretString" in properties:
        return properties["SecretString"]
    wanted = properties.get("GenerateSecretString", {})
    password = client.get_random_password(**{key: value for key, value in wanted.items() if key in _PASSWORD})
    if "GenerateStringKey" not in wanted:
        return password["RandomPassword"]
    template = json.loads(wanted.get("SecretStringTemplate", "{}"))
    return json.dumps(template | {wanted["GenerateStringKey"]: password["RandomPassword"]})


KINDS = {
    "AWS::SSM::Parameter": Kind(
        create=parameter,
        delete=remove_parameter,
        applied=frozenset({"Name", "Value", "Type", "Description"}),
        ignored=frozenset({"Tags", "Tier"}),
    ),
    "AWS::SecretsManager::Secret": Kind(
        create=secret,
        delete=remove_secret,
        applied=frozenset({"Name", "SecretString", "GenerateSecretString"}),
        ignored=frozenset({"Description", "KmsKeyId", "Tags"}),
    ),
    "AWS::SecretsManager::ResourcePolicy": Kind(
        create=secret_policy,
        delete=with_parent,
        applied=frozenset({"SecretId", "ResourcePolicy"}),
        ignored=frozenset({"BlockPublicPolicy"}),
    ),
}
