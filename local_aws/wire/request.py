"""An HTTP request becomes an operation with parameters, by botocore's service model.

In: werkzeug environ and its credential. Out: `Incoming`. Routing and parsing are moto's (one router and parser per
protocol, driven by the models); validation is botocore's. What the operation means is the engines' business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.validate import ParamValidator
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from local_aws.wire.credentials import Credential
from local_aws.wire.errors import AwsError, NotImplementedLocally
from local_aws.wire.limits import exceeded

# SigV4 scopes whose name is not botocore's service name.
_MODELS = {"states": "stepfunctions", "airflow": "mwaa"}


class SignedRequest(Request):
    """A request that came through a real WSGI server (moto adds a Date header otherwise)."""

    from_wsgi_server = True


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """One call: `service` is the SigV4 scope's name (also the IAM prefix), `model` botocore's operation."""

    service: str
    operation: str
    model: OperationModel
    protocol: str
    uri_parameters: dict[str, Any]
    request: SignedRequest
    credential: Credential

    def parameters(self) -> dict[str, Any]:
        """The parsed input; raises AwsError SerializationException if the body is not what the model says."""
        parser = PROTOCOL_PARSERS[self.protocol](self.model)
        try:
            return parser.parse(
                {
                    "method": self.request.method,
                    "values": self.request.values,
                    "headers": self.request.headers,
                    "body": self.request.get_data(),
                    "url_path": self.request.path,
                    "url_params": self.uri_parameters,
                }
            )
        except Exception as error:
            raise AwsError("SerializationException", f"{self.service}:{self.operation}: {error}") from error

    def validated_parameters(self) -> dict[str, Any]:
        """`parameters()` checked against the model's required members, types and ranges."""
        parameters = self.parameters()
        if self.model.input_shape is not None:
            report = ParamValidator().validate(parameters, self.model.input_shape)
            if report.has_errors():
                raise AwsError("ValidationException", report.generate_report())
            found = list(exceeded(parameters, self.model.input_shape))
            if found:
                counted = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected"
                raise AwsError("ValidationException", f"{counted}: {'; '.join(found)}")
        return parameters


def protocol_of(service: str, content_type: str = "") -> str:
    """The wire protocol of a scope's service: json, rest-json, query, rest-xml."""
    model = get_service_model(_MODELS.get(service, service))
    try:
        return determine_request_protocol(model, content_type)
    except NotImplementedError:
        return str(model.protocol)


def incoming(request: SignedRequest, credential: Credential) -> Incoming:
    """Raises NotImplementedLocally where no operation of the service's model matches."""
    name = _MODELS.get(credential.service, credential.service)
    try:
        model, uri_parameters = get_service_router(name).match(request)
    except UnknownServiceError:
        # Some services sign by a name that is not botocore's (CloudWatch: monitoring); none of those is served here.
        raise NotImplementedLocally(credential.service, _asked(request)) from None
    except NotFound:
        detail = "botocore's model does not have it"
        raise NotImplementedLocally(credential.service, _asked(request), detail=detail) from None
    return Incoming(
        service=credential.service,
        operation=str(model.name),
        model=model,
        protocol=protocol_of(credential.service, request.content_type or ""),
        uri_parameters=uri_parameters,
        request=request,
        credential=credential,
    )


def _asked(request: SignedRequest) -> str:
    """What a request that matches no operation asks for, in words of its own."""
    return request.headers.get("X-Amz-Target", "").rsplit(".", 1)[-1] or f"{request.method} {request.path}"
