"""Namespaces and workgroups: what there is to send statements to.

In: redshift-serverless operations. Out: their descriptions, an admin secret where Secrets Manager is to manage it.
Capacity, networks and encryption are kept and shown, and mean nothing here.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from local_aws.services.clients import Clients
from local_aws.services.engine import Caller, serves
from local_aws.wire.errors import AwsError

_NAMESPACE = ("namespaceName", "dbName", "adminUsername", "defaultIamRoleArn", "iamRoles", "kmsKeyId", "logExports")
_WORKGROUP = (
    "workgroupName",
    "namespaceName",
    "baseCapacity",
    "maxCapacity",
    "configParameters",
    "enhancedVpcRouting",
    "port",
    "publiclyAccessible",
    "securityGroupIds",
    "subnetIds",
)


class RedshiftServerless:
    """All namespaces and workgroups by name."""

    service = "redshift-serverless"

    def __init__(self, *, clients: Clients, now: Callable[[], datetime]) -> None:
        self._clients = clients
        self._now = now
        self._namespaces: dict[str, dict[str, Any]] = {}
        self._workgroups: dict[str, dict[str, Any]] = {}
        self.on_delete: list[Callable[[str], None]] = []

    def database_of(self, workgroup: str) -> str:
        """The database of the workgroup's namespace; raises AwsError where there is no such workgroup."""
        return self._namespaces[self.namespace_of(workgroup)]["dbName"]

    def namespace_of(self, workgroup: str) -> str:
        """The namespace that holds the workgroup's data; raises AwsError where there is no such workgroup."""
        if workgroup not in self._workgroups:
            raise AwsError("ValidationException", f"Redshift endpoint doesn't exist: no workgroup {workgroup}")
        return self._workgroups[workgroup]["namespaceName"]

    @serves("CreateNamespace")
    def create_namespace(self, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        name = parameters["namespaceName"]
        if name in self._namespaces:
            raise AwsError("ConflictException", f"namespace {name} already exists")
        identity = str(uuid.uuid4())
        shown = {
            "dbName": "dev",
            **{key: parameters[key] for key in _NAMESPACE if parameters.get(key) is not None},
            "namespaceId": identity,
            "namespaceArn": f"arn:aws:redshift-serverless:{caller.region}:{caller.account}:namespace/{identity}",
            "status": "AVAILABLE",
            "creationDate": self._now(),
        }
        if parameters.get("manageAdminPassword"):
            secret = self._clients.machinery("secretsmanager").create_secret(
                Name=f"redshift!{name}-admin",
                SecretString=json.dumps({"username": shown.get("adminUsername", "admin"), "password": "local"}),
            )
            shown["adminPasswordSecretArn"] = secret["ARN"]
        self._namespaces[name] = shown
        return {"namespace": shown}

    @serves("GetNamespace")
    def get_namespace(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return {"namespace": self._namespace(parameters["namespaceName"])}

    @serves("UpdateNamespace")
    def update_namespace(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        shown = self._namespace(parameters["namespaceName"])
        shown.update({key: parameters[key] for key in _NAMESPACE if parameters.get(key) is not None})
        return {"namespace": shown}

    @serves("ListNamespaces")
    def list_namespaces(self, _parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return {"namespaces": [one for _, one in sorted(self._namespaces.items())]}

    @serves("DeleteNamespace")
    def delete_namespace(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        name = parameters["namespaceName"]
        shown = self._namespace(name)
        if used := [one for one, workgroup in self._workgroups.items() if workgroup["namespaceName"] == name]:
            raise AwsError("ConflictException", f"namespace {name} is used by the workgroup {used[0]}")
        if parameters.get("finalSnapshotName"):
            raise AwsError("NotImplementedLocally", "the local AWS keeps no snapshots of a namespace")
        del self._namespaces[name]
        if secret := shown.get("adminPasswordSecretArn"):
            # Redshift's own secret goes with its namespace (Redshift Management Guide, "Managing admin passwords").
            self._clients.machinery("secretsmanager").delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
        for forget in self.on_delete:
            forget(name)
        return {"namespace": {**shown, "status": "DELETING"}}

    @serves("CreateWorkgroup")
    def create_workgroup(self, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        name = parameters["workgroupName"]
        if name in self._workgroups:
            raise AwsError("ConflictException", f"workgroup {name} already exists")
        self._namespace(parameters["namespaceName"])
        identity = str(uuid.uuid4())
        shown = {
            **{key: parameters[key] for key in _WORKGROUP if parameters.get(key) is not None},
            "workgroupId": identity,
            "workgroupArn": f"arn:aws:redshift-serverless:{caller.region}:{caller.account}:workgroup/{identity}",
            "status": "AVAILABLE",
            "creationDate": self._now(),
            "endpoint": {"address": f"{name}.local", "port": parameters.get("port", 5439)},
        }
        self._workgroups[name] = shown
        return {"workgroup": shown}

    @serves("GetWorkgroup")
    def get_workgroup(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return {"workgroup": self._workgroup(parameters["workgroupName"])}

    @serves("UpdateWorkgroup")
    def update_workgroup(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        shown = self._workgroup(parameters["workgroupName"])
        shown.update({key: parameters[key] for key in _WORKGROUP if parameters.get(key) is not None})
        return {"workgroup": shown}

    @serves("ListWorkgroups")
    def list_workgroups(self, _parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return {"workgroups": [one for _, one in sorted(self._workgroups.items())]}

    @serves("DeleteWorkgroup")
    def delete_workgroup(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        shown = self._workgroup(parameters["workgroupName"])
        del self._workgroups[parameters["workgroupName"]]
        return {"workgroup": {**shown, "status": "DELETING"}}

    def _namespace(self, name: str) -> dict[str, Any]:
        if name not in self._namespaces:
            raise AwsError("ResourceNotFoundException", f"namespace {name} not found")
        return self._namespaces[name]

    def _workgroup(self, name: str) -> dict[str, Any]:
        if name not in self._workgroups:
            raise AwsError("ResourceNotFoundException", f"workgroup {name} not found")
        return self._workgroups[name]
