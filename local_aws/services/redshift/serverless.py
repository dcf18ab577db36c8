"""Namespaces and workgroups: what there is to send statements to.

In: redshift-serverless operations. Out: their descriptions, an admin secret where Secrets Manager is to manage it.
Capacity, networks and encryption are kept and shown, and mean nothing here.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local_aws.services.clients import Clients
from local_aws.services.engine import Caller, Resources, serves
from local_aws.wire.errors import AwsError

_NAMESPACE = ("namespaceName", "dbName", "adminUsername", "defaultIamRoleArn", "iamRoles", "kmsKeyId", "logExports")
_WORKGROUP = (
    "workgroupName", "namespaceName", "baseCapacity", "maxCapacity", "configParameters", "enhancedVpcRouting",
    "port", "publiclyAccessible", "securityGroupIds", "subnetIds",
)  # fmt: skip


@dataclass(kw_only=True, eq=False)
class RedshiftServerless:
    """All namespaces and workgroups by name."""

    service = "redshift-serverless"

    clients: Clients
    now: Callable[[], datetime]
    _namespaces: Resources[dict[str, Any]] = field(
        init=False, default_factory=lambda: Resources("ResourceNotFoundException", "namespace {} not found")
    )
    _workgroups: Resources[dict[str, Any]] = field(
        init=False, default_factory=lambda: Resources("ResourceNotFoundException", "workgroup {} not found")
    )
    on_delete: list[Callable[[str], None]] = field(init=False, default_factory=list)

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
            "creationDate": self.now(),
        }
        if parameters.get("manageAdminPassword"):
            secret = self.clients.machinery("secretsmanager").create_secret(
                Name=f"redshift!{name}-admin",
                SecretString=json.dumps({"username": shown.get("adminUsername", "admin"), "password": "local"}),
            )
            shown["adminPasswordSecretArn"] = secret["ARN"]
        self._namespaces[name] = shown
        return {"namespace": shown}

    @serves("GetNamespace")
    def get_namespace(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return {"namespace": self._namespaces[parameters["namespaceName"]]}

    @serves("UpdateNamespace")
    def update_namespace(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        shown = self._namespaces[parameters["namespaceName"]]
        shown.update({key: parameters[key] for key in _NAMESPACE if parameters.get(key) is not None})
        return {"namespace": shown}

    @serves("DeleteNamespace")
    def delete_namespace(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        name = parameters["namespaceName"]
        shown = self._namespaces[name]
        if used := [one for one, workgroup in self._workgroups.items() if workgroup["namespaceName"] == name]:
            raise AwsError("ConflictException", f"namespace {name} is used by the workgroup {used[0]}")
        if parameters.get("finalSnapshotName"):
            raise AwsError("NotImplementedLocally", "the local AWS keeps no snapshots of a namespace")
        del self._namespaces[name]
        if secret := shown.get("adminPasswordSecretArn"):
            # Redshift's own secret goes with its namespace (Redshift Management Guide, "Managing admin passwords").
            self.clients.machinery("secretsmanager").delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
        for forget in self.on_delete:
            forget(name)
        return {"namespace": {**shown, "status": "DELETING"}}

    @serves("CreateWorkgroup")
    def create_workgroup(self, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        name = parameters["workgroupName"]
        if name in self._workgroups:
            raise AwsError("ConflictException", f"workgroup {name} already exists")
        self._namespaces[parameters["namespaceName"]]
        identity = str(uuid.uuid4())
        shown = {
            **{key: parameters[key] for key in _WORKGROUP if parameters.get(key) is not None},
            "workgroupId": identity,
            "workgroupArn": f"arn:aws:redshift-serverless:{caller.region}:{caller.account}:workgroup/{identity}",
            "status": "AVAILABLE",
            "creationDate": self.now(),
            "endpoint": {"address": f"{name}.local", "port": parameters.get("port", 5439)},
        }
        self._workgroups[name] = shown
        return {"workgroup": shown}

    @serves("GetWorkgroup")
    def get_workgroup(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return {"workgroup": self._workgroups[parameters["workgroupName"]]}

    @serves("UpdateWorkgroup")
    def update_workgroup(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        shown = self._workgroups[parameters["workgroupName"]]
        shown.update({key: parameters[key] for key in _WORKGROUP if parameters.get(key) is not None})
        return {"workgroup": shown}

    @serves("ListWorkgroups")
    def list_workgroups(self, _parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return {"workgroups": [one for _, one in sorted(self._workgroups.items())]}

    @serves("DeleteWorkgroup")
    def delete_workgroup(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        shown = self._workgroups[parameters["workgroupName"]]
        del self._workgroups[parameters["workgroupName"]]
        return {"workgroup": {**shown, "status": "DELETING"}}
