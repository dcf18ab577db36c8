"""Redshift Serverless namespaces and workgroups."""

from __future__ import annotations

from typing import Any

from local_aws.deployer.kinds.answers import create_or
from local_aws.deployer.resource import Created, Kind, Request

_NAMESPACE = {
    "NamespaceName": "namespaceName",
    "AdminUsername": "adminUsername",
    "AdminUserPassword": "adminUserPassword",
    "AdminPasswordSecretKmsKeyId": "adminPasswordSecretKmsKeyId",
    "DbName": "dbName",
    "DefaultIamRoleArn": "defaultIamRoleArn",
    "IamRoles": "iamRoles",
    "KmsKeyId": "kmsKeyId",
    "LogExports": "logExports",
    "ManageAdminPassword": "manageAdminPassword",
}
_WORKGROUP = {
    "WorkgroupName": "workgroupName",
    "NamespaceName": "namespaceName",
    "BaseCapacity": "baseCapacity",
    "MaxCapacity": "maxCapacity",
    "EnhancedVpcRouting": "enhancedVpcRouting",
    "Port": "port",
    "PubliclyAccessible": "publiclyAccessible",
    "SecurityGroupIds": "securityGroupIds",
    "SubnetIds": "subnetIds",
}


def namespace(request: Request) -> Created:
    """An existing namespace stays as it is."""
    client, name = request.client("redshift-serverless"), request.properties["NamespaceName"]
    answer = create_or(
        lambda: client.get_namespace(namespaceName=name),
        lambda: client.create_namespace(**_renamed(request, _NAMESPACE)),
    )["namespace"]
    return Created(ref=name, attributes=_attributes("Namespace", answer))


def workgroup(request: Request) -> Created:
    """An existing workgroup stays as it is."""
    client, name = request.client("redshift-serverless"), request.properties["WorkgroupName"]
    settings = _renamed(request, _WORKGROUP)
    if parameters := request.properties.get("ConfigParameters"):
        settings["configParameters"] = [
            {"parameterKey": one["ParameterKey"], "parameterValue": one["ParameterValue"]} for one in parameters
        ]
    answer = create_or(lambda: client.get_workgroup(workgroupName=name), lambda: client.create_workgroup(**settings))[
        "workgroup"
    ]
    attributes = _attributes("Workgroup", answer)
    endpoint = answer.get("endpoint", {})
    return Created(ref=name, attributes=attributes | _attributes("Workgroup.Endpoint", endpoint))


def _renamed(request: Request, names: dict[str, str]) -> dict[str, Any]:
    return {names[key]: value for key, value in request.chosen(*names).items()}


def _attributes(prefix: str, answer: dict[str, Any]) -> dict[str, str]:
    plain = {key: value for key, value in answer.items() if isinstance(value, str | int)}
    return {f"{prefix}.{key[0].upper()}{key[1:]}": str(value) for key, value in plain.items()}


KINDS = {
    "AWS::RedshiftServerless::Namespace": Kind(
        create=namespace,
        applied=frozenset(_NAMESPACE),
        ignored=frozenset({"FinalSnapshotName", "FinalSnapshotRetentionPeriod", "NamespaceResourcePolicy", "Tags"}),
    ),
    "AWS::RedshiftServerless::Workgroup": Kind(
        create=workgroup,
        applied=frozenset({"ConfigParameters", *_WORKGROUP}),
        ignored=frozenset({"IpAddressType", "TrackName", "PricePerformanceTarget", "Tags"}),
    ),
}
