"""Names between boto3 and the SDK integrations: PascalCase members, ISO dates, `Glue.CrawlerRunningException`.

In: botocore shapes, values and errors. Out: what a state machine sees. Sources: the Step Functions developer guide,
"AWS SDK service integrations", and facts measured against AWS (an error code that the service's model lacks becomes
`<Service>.<Service>Exception`).
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from local_aws.asl import TaskError

# How the integrations spell a service in error names, where it is not just the capitalised name.
_SPELLED = {
    "sfn": "Sfn",
    "redshiftdata": "RedshiftData",
    "redshiftserverless": "RedshiftServerless",
    "secretsmanager": "SecretsManager",
    "eventbridge": "EventBridge",
}


def pascal(name: str) -> str:
    """`jobName` gives `JobName`."""
    return name[:1].upper() + name[1:]


def request_value(value: Any, shape: Any) -> Any:
    """PascalCase input as the model names its members; unknown members are kept, for validation to refuse."""
    if shape.type_name == "structure" and isinstance(value, dict):
        members = {pascal(name): name for name in shape.members}
        return {
            members.get(key, key): request_value(item, shape.members[members[key]]) if key in members else item
            for key, item in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [request_value(item, shape.member) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: request_value(item, shape.value) for key, item in value.items()}
    return value


def response_value(value: Any, shape: Any, *, epoch_dates: bool = False) -> Any:
    """An output as a state sees it; `epoch_dates` (the optimised integrations) gives milliseconds."""
    if shape is None:
        return value
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {
            pascal(name): response_value(value[name], member, epoch_dates=epoch_dates)
            for name, member in shape.members.items()
            if name in value
        }
    if kind == "list":
        return [response_value(item, shape.member, epoch_dates=epoch_dates) for item in value]
    if kind == "map":
        return {key: response_value(item, shape.value, epoch_dates=epoch_dates) for key, item in value.items()}
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        if epoch_dates:
            return int(moment.timestamp() * 1000)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if hasattr(value, "read"):
        return value.read().decode()
    return value


def task_error(service: str, error: ClientError, modelled: set[str]) -> TaskError:
    """`modelled` are the error codes of the service's model."""
    code = str(error.response["Error"]["Code"])
    spelled = _SPELLED.get(service, pascal(service))
    name = code if code.endswith(("Exception", "Error")) else f"{code}Exception"
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    request_id = error.response.get("ResponseMetadata", {}).get("RequestId", "")
    message = error.response["Error"].get("Message", "")
    cause = f"{message} (Service: {spelled}, Status Code: {status}, Request ID: {request_id})"
    if code not in modelled:
        return TaskError(f"{spelled}.{spelled}Exception", cause)
    return TaskError(f"{spelled}.{name}", cause)
