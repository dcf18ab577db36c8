"""An engine's answer, shaped by the model: the only way out, so that no engine can answer what AWS cannot.

In: plain Python values and botocore's output shape. Out: JSON-ready values. A member that the shape lacks is a bug
in an engine and raises `OutputNotInModel`.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any


class OutputNotInModel(Exception):
    """An engine answered something that the service's model does not have."""


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
