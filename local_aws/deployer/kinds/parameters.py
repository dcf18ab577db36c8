"""SSM parameters and Secrets Manager secrets."""

from __future__ import annotations

import json
from typing import Any

from local_aws.deployer.assembly.resource import Created, Kind, Request, with_parent, words
from local_aws.deployer.kinds.answers import as_text, create_or, removing

_PASSWORD = words(
    "PasswordLength ExcludeCharacters ExcludeLowercase ExcludeNumbers ExcludePunctuation ExcludeUppercase IncludeSpace "
    "RequireEachIncludedType"
)


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
        delete=removing("ssm", "delete_parameter", "Name"),
        applied=words("Name Value Type Description"),
        ignored=words("Tags Tier"),
    ),
    "AWS::SecretsManager::Secret": Kind(
        create=secret,
        # At once, as CloudFormation does it: the name is free again.
        delete=removing("secretsmanager", "delete_secret", "SecretId", ForceDeleteWithoutRecovery=True),
        applied=words("Name SecretString GenerateSecretString"),
        ignored=words("Description KmsKeyId Tags"),
    ),
    "AWS::SecretsManager::ResourcePolicy": Kind(
        create=secret_policy,
        delete=with_parent,
        applied=words("SecretId ResourcePolicy"),
        ignored=words("BlockPublicPolicy"),
    ),
}
