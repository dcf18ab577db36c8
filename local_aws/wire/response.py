"""Answers and errors as HTTP responses, by protocol.

In: an engine's result or an `AwsError`. Out: werkzeug responses with Content-Length (without one the SDK waits 10 ms).
"""

from __future__ import annotations

import json
import uuid
from typing import Any
from xml.sax.saxutils import escape

from moto.core.model import OperationModel
from werkzeug.wrappers import Response

from local_aws.wire.errors import AwsError
from local_aws.wire.shapes import json_value


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
