"""Redshift Serverless namespaces and workgroups."""

from __future__ import annotations

from typing import Any

from local_aws.deployer.assembly.resource import Created, Kind, Request
from local_aws.deployer.kinds.answers import create_or, gone

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
# UpdateNamespace takes neither.
_FIXED = ("dbName",)
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
    """An existing namespace gets what UpdateNamespace takes."""
    client, name = request.client("redshift-serverless"), request.properties["NamespaceName"]
    settings = _renamed(request, _NAMESPACE)
    answer = create_or(
        request,
        lambda: client.update_namespace(**{k: v for k, v in settings.items() if k not in _FIXED}),
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
    names = {"FinalSnapshotName": "finalSnapshotName", "FinalSnapshotRetentionPeriod": "finalSnapshotRetentionPeriod"}
    snapshot = {names[key]: value for key, value in request.chosen(*names).items()}
    name, client = request.properties["NamespaceName"], request.client("redshift-serverless")
    gone(lambda: client.delete_namespace(namespaceName=name, **snapshot))


def remove_workgroup(request: Request) -> None:
    """Its namespace keeps the data."""
    name = request.properties["WorkgroupName"]
    gone(lambda: request.client("redshift-serverless").delete_workgroup(workgroupName=name))


def _renamed(request: Request, names: dict[str, str]) -> dict[str, Any]:
    return {names[key]: value for key, value in request.chosen(*names).items()}


def _attributes(prefix: str, answer: dict[str, Any]) -> dict[str, str]:
    plain = {key: value for key, value in answer.items() if isinstance(value, str | int)}
    return {f"{prefix}.{key[0].upper()}{key[1:]}": str(value) for key, value in plain.items()}


KINDS = {
    "AWS::RedshiftServerless::Namespace": Kind(
        create=namespace,
        delete=remove_namespace,
        applied=frozenset({*_NAMESPACE, "FinalSnapshotName", "FinalSnapshotRetentionPeriod"}),
        ignored=frozenset({"NamespaceResourcePolicy", "Tags"}),
    ),
    "AWS::RedshiftServerless::Workgroup": Kind(
        create=workgroup,
        delete=remove_workgroup,
        applied=frozenset({"ConfigParameters", *_WORKGROUP}),
        ignored=frozenset({"IpAddressType", "TrackName", "PricePerformanceTarget", "Tags"}),
    ),
}
