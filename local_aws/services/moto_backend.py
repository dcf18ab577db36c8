"""The services that moto serves in process: S3, SNS, SQS, STS, IAM, SSM, Secrets Manager, KMS, Logs, the
Scheduler (kept and shown, nothing fires), Glue's catalog.

In: a routed request. Out: moto's response. State lives in this process's memory and ends with it. Everything that is
not on the list is refused by name. SNS delivers to SQS; other subscription protocols are accepted and not delivered.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import moto.backends as backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from local_aws.wire.errors import NotImplementedLocally
from local_aws.wire.pages import one_page
from local_aws.wire.request import Incoming

WHOLE_SERVICES = frozenset({"s3", "sns", "sqs", "sts", "iam", "ssm", "secretsmanager", "kms", "logs", "scheduler"})
_GLUE_MORE = {
    "CreateConnection", "GetConnection", "GetConnections", "DeleteConnection", "CreateSecurityConfiguration",
    "GetSecurityConfiguration", "GetSecurityConfigurations", "DeleteSecurityConfiguration",
    "GetDataCatalogEncryptionSettings", "PutDataCatalogEncryptionSettings", "TagResource", "UntagResource",
    "GetTags", "GetTableVersions",
}  # fmt: skip
GLUE_CATALOG = _GLUE_MORE | {
    f"{verb}{noun}"
    for noun in ("Database", "Table", "Partition", "Databases", "Tables", "Partitions")
    for verb in ("Create", "Get", "Update", "Delete", "BatchCreate", "BatchGet", "BatchDelete", "BatchUpdate")
}
# moto reads these inputs without looking at types, limits and allowed values.
VALIDATED = frozenset({"scheduler"})
_PARTS = {"glue": GLUE_CATALOG}
# moto 5.2.5 answers these with everything, whatever page was asked for.
_WHOLE_LISTS = frozenset({"GetDatabases", "GetTables", "GetPartitions", "GetTableVersions"})


def is_served_by_moto(service: str, operation: str) -> bool:
    """Whether the allow-list has the operation."""
    return service in WHOLE_SERVICES or operation in _PARTS.get(service, ())


class MotoBackend:
    """Routes to moto's handlers by URL, as moto's own server does, without its Flask application."""

    def __init__(self) -> None:
        self._routes: dict[str, list[tuple[re.Pattern[str], Callable[..., Any]]]] = {}

    def respond(self, incoming: Incoming) -> Response:
        """Raises NotImplementedLocally where moto has no such operation."""
        request = incoming.request
        url = f"{request.scheme}://{request.host}{request.raw_path}"
        for pattern, handler in self._service_routes(incoming.service):
            if pattern.match(url):
                try:
                    status, headers, body = handler(request, request.raw_url, request.headers)
                except HTTPException as error:
                    return Response(error.get_body(), status=error.code, headers=list(error.get_headers()))
                except NotImplementedError as error:
                    raise NotImplementedLocally(incoming.service, incoming.operation, detail=str(error)) from error
                if status == 200 and incoming.service == "glue" and incoming.operation in _WHOLE_LISTS:
                    body = json.dumps(one_page(json.loads(body), incoming.model, incoming.parameters()))
                return _response(status, headers, body)
        raise NotImplementedLocally(incoming.service, incoming.operation, detail=f"no route for {request.raw_path}")

    def _service_routes(self, service: str) -> list[tuple[re.Pattern[str], Callable[..., Any]]]:
        if service not in self._routes:
            regions = backends.get_backend(service)[DEFAULT_ACCOUNT_ID]  # type: ignore[call-overload]
            backend = regions["us-east-1"] if "us-east-1" in regions else regions["aws"]
            self._routes[service] = [(re.compile(url), handler) for url, handler in backend.urls.items()]
        return self._routes[service]


def _response(status: int, headers: Any, body: Any) -> Response:
    named = {str(name): str(value) for name, value in dict(headers or {}).items() if name.lower() != "status"}
    response = Response(body if body is not None else b"", status=status)
    for name, value in named.items():
        response.headers[name] = value
    return response
