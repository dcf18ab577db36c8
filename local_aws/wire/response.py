"""Answers and errors as HTTP responses, by protocol; answers are shaped by the model, so that no engine can answer
what AWS cannot.

In: an engine's result or an `AwsError`. A member that the shape lacks is a bug in an engine and raises
`OutputNotInModel`. Out: werkzeug responses with Content-Length (without one the SDK waits 10 ms).
"""

from __future__ import annotations

import base64
import json
import uuid
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from moto.core.model import OperationModel
from werkzeug.wrappers import Response

from local_aws.wire.errors import AwsError


class OutputNotInModel(Exception):
    """An engine answered something that the service's model does not have."""


def success(result: dict[str, Any] | None, model: OperationModel, protocol: str) -> Response:
    """`result` shaped by the model; json and rest-json only (everything else is moto's to answer)."""
    if protocol == "json":
        shape = model.output_shape
        return _json(json_value(result or {}, shape) if shape else {}, 200, "application/x-amz-json-1.1")
    if protocol != "rest-json":
        raise NotImplementedError(f"no engine here answers protocol {protocol}")
    return _rest(result or {}, model)


def _rest(result: dict[str, Any], model: OperationModel) -> Response:
    shape: Any = model.output_shape
    status = int(model.http.get("responseCode", 200))
    if shape is None:
        return _json({}, status, "application/json")
    headers, body = {}, dict(result)
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        if location == "statusCode":
            status = int(body.pop(name, status))
        elif location == "header" and name in body:
            headers[member.serialization.get("name", name)] = str(body.pop(name))
    payload = shape.serialization.get("payload")
    if payload:
        data = body.pop(payload, b"") or b""
        response = Response(data, status=status, content_type="application/json")
    else:
        response = _json(json_value(body, shape), status, "application/json")
    response.headers.update(headers)
    return response


def failure(error: AwsError, protocol: str) -> Response:
    """The error as the protocol's SDK parser expects it."""
    if protocol == "rest-xml":
        return _xml(f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>", error.status)
    if protocol in ("query", "ec2"):
        inner = f"<Error><Type>Sender</Type><Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>"
        return _xml(f"<ErrorResponse>{inner}<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>", error.status)
    body = {"__type": error.code, "message": error.message, "Message": error.message, **error.details}
    response = _json(body, error.status, "application/x-amz-json-1.1")
    response.headers["x-amzn-ErrorType"] = error.code
    return response


def _json(value: Any, status: int, content_type: str) -> Response:
    response = Response(json.dumps(value), status=status, content_type=content_type)
    response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
    return response


def _xml(text: str, status: int) -> Response:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>{text}', status=status, content_type="text/xml")


def json_value(value: Any, shape: Any, *, path: str = "output", iso_dates: bool = False) -> Any:
    """Timestamps become epoch seconds unless the shape (or `iso_dates`) says ISO 8601; None members are left out."""
    kind = shape.type_name
    if kind == "structure":
        return _structure(value, shape, path, iso_dates)
    if kind == "list":
        _expect(isinstance(value, list | tuple), value, kind, path)
        return [json_value(item, shape.member, path=f"{path}[]", iso_dates=iso_dates) for item in value]
    if kind == "map":
        _expect(isinstance(value, dict), value, kind, path)
        return {
            str(key): json_value(item, shape.value, path=f"{path}.{key}", iso_dates=iso_dates)
            for key, item in value.items()
        }
    if kind == "timestamp":
        _expect(isinstance(value, datetime), value, kind, path)
        is_iso = shape.serialization.get("timestampFormat") == "iso8601" or iso_dates
        return value.isoformat().replace("+00:00", "Z") if is_iso else round(value.timestamp(), 3)
    if kind == "blob":
        data = value.encode() if isinstance(value, str) else value
        return base64.b64encode(data).decode()
    if kind == "string":
        _expect(isinstance(value, str), value, kind, path)
        return str(value)
    if kind == "boolean":
        _expect(isinstance(value, bool), value, kind, path)
        return value
    _expect(isinstance(value, int | float) and not isinstance(value, bool), value, kind, path)
    return value


def _structure(value: Any, shape: Any, path: str, iso_dates: bool) -> dict[str, Any]:
    _expect(isinstance(value, dict), value, "structure", path)
    if shape.is_document_type:
        return value
    unknown = sorted(set(value) - set(shape.members))
    if unknown:
        raise OutputNotInModel(f"{path} ({shape.name}) has no member {', '.join(unknown)}")
    shaped = {}
    for name, member in shape.members.items():
        if value.get(name) is not None:
            key = member.serialization.get("name", name)
            shaped[key] = json_value(value[name], member, path=f"{path}.{name}", iso_dates=iso_dates)
    return shaped


def _expect(holds: bool, value: Any, kind: str, path: str) -> None:
    if not holds:
        raise OutputNotInModel(f"{path} should be a {kind}, the engine answered a {type(value).__name__}")
