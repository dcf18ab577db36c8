"""JSON text as the history carries it, and its size as the service limits it.

In: JSON values or text. Out: compact UTF-8 text, values, byte counts. Knows nothing of states.
"""

from __future__ import annotations

import json
from typing import Any

PAYLOAD_LIMIT_BYTES = 256 * 1024
"""https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html, state input and output."""


def dump(value: Any) -> str:
    """Compact JSON, keys in their order, non-ASCII as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def load(text: str) -> Any:
    """The value of a JSON text; ValueError for anything else, NaN and Infinity included."""
    return json.loads(text, parse_constant=_refuse_constant)


def is_too_large(value: Any) -> bool:
    """Whether the value's text exceeds the payload limit."""
    return len(dump(value).encode("utf-8", "surrogatepass")) > PAYLOAD_LIMIT_BYTES


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
