"""Functions: definitions, their code, and invocations of both kinds.

In: Lambda operations. Out: configurations, results of invocations. Zip packages with Python handlers only; versions,
aliases and layers are not served; `queue_mappings` has the event source mappings.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from local_aws.clocks.clock import Clocks
from local_aws.services.clients import Clients
from local_aws.services.engine import Caller, serves
from local_aws.services.functions.asynchronous import AsynchronousInvocations
from local_aws.services.functions.invocation import Invoker, Result
from local_aws.wire.errors import AwsError

_DEFAULTS = {"Timeout": 3, "MemorySize": 128, "Description": "", "PackageType": "Zip", "Architectures": ["x86_64"]}
_SHOWN = (
    "Runtime", "Role", "Handler", "Description", "Timeout", "MemorySize", "Environment", "DeadLetterConfig",
    "PackageType", "Architectures", "LoggingConfig", "KMSKeyArn",
)  # fmt: skip


@dataclass
class Function:
    """`configuration` as in FunctionConfiguration; `settings` of its asynchronous invocations."""

    configuration: dict[str, Any]
    code: Path
    settings: dict[str, Any] = field(default_factory=dict)
    statements: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(kw_only=True, eq=False)
class Functions:
    """All functions by name."""

    service = "lambda"

    state: Path
    clients: Clients
    invoker: Invoker
    clocks: Clocks
    now: Callable[[], datetime]
    _functions: dict[str, Function] = field(init=False, default_factory=dict)
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._folder = self.state / "functions"
        self._asynchronous = AsynchronousInvocations(clocks=self.clocks, clients=self.clients, now=self.now)

    @serves("CreateFunction")
    def create(self, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        name = parameters["FunctionName"]
        with self._lock:
            if name in self._functions:
                raise AwsError("ResourceConflictException", f"Function already exist: {name}", status=409)
            if not parameters.get("Runtime", "").startswith("python"):
                raise AwsError("InvalidParameterValueException", "the local AWS runs Python runtimes only")
            code, size, digest = self._unpacked(name, parameters["Code"])
            configuration = {
                **_DEFAULTS,
                **{key: parameters[key] for key in _SHOWN if parameters.get(key) is not None},
                "FunctionName": name,
                "FunctionArn": f"arn:aws:lambda:{caller.region}:{caller.account}:function:{name}",
                "Version": "$LATEST",
                "State": "Active",
                "LastUpdateStatus": "Successful",
            }
            self._functions[name] = Function(configuration=configuration, code=code)
            return self._changed(self._functions[name], size, digest)

    @serves("UpdateFunctionCode")
    def update_code(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            function = self._get(parameters["FunctionName"])
            function.code, size, digest = self._unpacked(function.configuration["FunctionName"], parameters)
            return self._changed(function, size, digest)

    @serves("UpdateFunctionConfiguration")
    def update_configuration(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        with self._lock:
            function = self._get(parameters["FunctionName"])
            given = {key: parameters[key] for key in _SHOWN if parameters.get(key) is not None}
            function.configuration.update(given)
            return self._changed(function)

    @serves("DeleteFunction")
    def delete(self, parameters: dict[str, Any], _caller: Caller) -> None:
        with self._lock:
            del self._functions[self._get(parameters["FunctionName"]).configuration["FunctionName"]]

    @serves("AddPermission")
    def add_permission(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        function = self._get(parameters["FunctionName"])
        if parameters["StatementId"] in function.statements:
            raise AwsError("ResourceConflictException", f"statement {parameters['StatementId']} exists", status=409)
        statement = {
            "Sid": parameters["StatementId"],
            "Effect": "Allow",
            "Principal": {"Service": parameters["Principal"]},
            "Action": parameters["Action"],
            "Resource": function.configuration["FunctionArn"],
        }
        if parameters.get("SourceArn"):
            statement["Condition"] = {"ArnLike": {"AWS:SourceArn": parameters["SourceArn"]}}
        function.statements[parameters["StatementId"]] = statement
        return {"Statement": json.dumps(statement)}

    @serves("RemovePermission")
    def remove_permission(self, parameters: dict[str, Any], _caller: Caller) -> None:
        self._get(parameters["FunctionName"]).statements.pop(parameters["StatementId"], None)

    @serves("GetPolicy")
    def get_policy(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        function = self._get(parameters["FunctionName"])
        if not function.statements:
            raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", status=404)
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": list(function.statements.values())}
        return {"Policy": json.dumps(policy), "RevisionId": "1"}

    @serves("PutFunctionEventInvokeConfig")
    def put_settings(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        function = self._get(parameters["FunctionName"])
        names = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
        function.settings = {name: parameters[name] for name in names if parameters.get(name) is not None}
        return self._settings(function)

    @serves("Invoke")
    def invoke_operation(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        kind = parameters.get("InvocationType", "RequestResponse")
        event = json.loads(parameters.get("Payload") or b"{}")
        if kind == "Event":
            self.invoke_later(parameters["FunctionName"], event)
            return {"StatusCode": 202, "Payload": b""}
        if kind == "DryRun":
            self._get(parameters["FunctionName"])
            return {"StatusCode": 204, "Payload": b""}
        result = self.invoke(parameters["FunctionName"], event)
        answer = {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": result.text.encode()}
        return {**answer, "FunctionError": "Unhandled"} if result.is_error else answer

    def configuration_of(self, name: str) -> dict[str, Any]:
        """Raises ResourceNotFoundException; `name` may be an ARN."""
        return self._get(name).configuration

    def invoke(self, name: str, event: Any) -> Result:
        """Synchronous; blocks. Raises ResourceNotFoundException."""
        function = self._get(name)
        with self.clocks.working():
            return self.invoker.invoke(function.configuration, function.code, event, request_id=str(uuid.uuid4()))

    def invoke_later(self, name: str, event: Any) -> None:
        """Asynchronous; raises ResourceNotFoundException at once, everything else is retried."""
        function = self._get(name)
        request_id = str(uuid.uuid4())
        self._asynchronous.submit(
            function.configuration,
            function.settings,
            event,
            lambda: self.invoker.invoke(function.configuration, function.code, event, request_id=request_id),
            request_id=request_id,
        )

    def _settings(self, function: Function) -> dict[str, Any]:
        return {
            "FunctionArn": f"{function.configuration['FunctionArn']}:$LATEST",
            "LastModified": self.now(),
            **function.settings,
        }

    def _changed(self, function: Function, size: int | None = None, digest: str | None = None) -> dict[str, Any]:
        changed = {
            "LastModified": self.now().strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            "RevisionId": str(uuid.uuid4()),
            **({"CodeSize": size, "CodeSha256": digest} if size is not None else {}),
        }
        function.configuration.update(changed)
        return function.configuration

    def _unpacked(self, name: str, code: dict[str, Any]) -> tuple[Path, int, str]:
        if code.get("ZipFile"):
            data = code["ZipFile"]
        elif code.get("S3Bucket"):
            s3 = self.clients.machinery("s3")
            data = s3.get_object(Bucket=code["S3Bucket"], Key=code["S3Key"])["Body"].read()
        else:
            raise AwsError("InvalidParameterValueException", f"{name}: the local AWS takes zip packages only")
        digest = hashlib.sha256(data).digest()
        folder = self._folder / f"{name}-{digest.hex()[:16]}"
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            package.extractall(folder)
        return folder, len(data), base64.b64encode(digest).decode()

    def _get(self, name: str) -> Function:
        plain = name.split(":function:")[-1].split(":")[0]
        if plain not in self._functions:
            text = f"Function not found: {name}"
            raise AwsError("ResourceNotFoundException", text, status=404)
        return self._functions[plain]
