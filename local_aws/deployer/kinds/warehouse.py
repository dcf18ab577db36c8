"""Redshift Serverless namespaces and workgroups."""

from __future__ import annotations

from typing import Any

from local_aws.deployer.assembly.resource import Created, Kind, Request, words
from local_aws.deployer.kinds.answers import create_or, gone, removing

_NAMESPACE = words(
    "NamespaceName AdminUsername AdminUserPassword AdminPasswordSecretKmsKeyId DbName DefaultIamRoleArn IamRoles "
    "KmsKeyId LogExports ManageAdminPassword"
)
_SNAPSHOT = words("FinalSnapshotName FinalSnapshotRetentionPeriod")
_WORKGROUP = words(
    "WorkgroupName NamespaceName BaseCapacity MaxCapacity EnhancedVpcRouting Port PubliclyAccessible SecurityGroupIds "
    "SubnetIds"
)


def namespace(request: Request) -> Created:
    """An existing namespace gets what UpdateNamespace takes."""
    client, name = request.client("redshift-serverless"), request.properties["NamespaceName"]
    settings = _renamed(request, _NAMESPACE)
    answer = create_or(
        request,
        lambda: client.update_namespace(**{key: value for key, value in settings.items() if key != "dbName"}),
        lambda: client.create_namespace(**settings),
    )["namespace"]
    return Created(ref=name, attributes=_attributes("Namespace", answer))


def workgroup(request: Request) -> Created:
    """An existing workgroup gets what UpdateWorkgroup takes."""
    client, name = request.client("redshift-serverless"), request.properties["WorkgroupName"]
    settings = _renamed(request, _WORKGROUP)
    if parameters := request.properties.get("ConfigParameters"):
        settings["configParameters"] = [
            {"parameterKey": one["ParameterKey"], "parameterValue": one["ParameterValue"]} for one in parameters
        ]
    changes = {key: value for key, value in settings.items() if key != "namespaceName"}
    answer = create_or(
        request, lambda: client.update_workgroup(**changes), lambda: client.create_workgroup(**settings)
    )["workgroup"]
    attributes = _attributes("Workgroup", answer)
    endpoint = answer.get("endpoint", {})
    return Created(ref=name, attributes=attributes | _attributes("Workgroup.Endpoint", endpoint))


def remove_namespace(request: Request) -> None:
    """With a last snapshot where the template names one."""
    name, client = request.properties["NamespaceName"], request.client("redshift-serverless")
    gone(lambda: client.delete_namespace(namespaceName=name, **_renamed(request, _SNAPSHOT)))


def _renamed(request: Request, names: frozenset[str]) -> dict[str, Any]:
    """The API's names begin in lower case."""
    return {key[0].lower() + key[1:]: value for key, value in request.chosen(*names).items()}


def _attributes(prefix: str, answer: dict[str, Any]) -> dict[str, str]:
    plain = {key: value for key, value in answer.items() if isinstance(value, str | int)}
    return {f"{prefix}.{key[0].upper()}{key[1:]}": str(value) for key, value in plain.items()}


KINDS = {
    "AWS::RedshiftServerless::Namespace": Kind(
        create=namespace,
        delete=remove_namespace,
        applied=_NAMESPACE | _SNAPSHOT,
        ignored=words("NamespaceResourcePolicy Tags"),
    ),
    "AWS::RedshiftServerless::Workgroup": Kind(
        create=workgroup,
        # Its namespace keeps the data.
        delete=removing("redshift-serverless", "delete_workgroup", "workgroupName"),
        applied=_WORKGROUP | {"ConfigParameters"},
        ignored=words("IpAddressType TrackName PricePerformanceTarget Tags"),
    ),
}
