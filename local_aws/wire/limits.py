"""Upper limits and allowed values of a service's model, which botocore itself does not check and AWS refuses.

In: parsed parameters and the input's shape. Out: what is too long, too large or no allowed value, in AWS's words.
Patterns are left out: the models write them in Java's dialect.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def exceeded(value: Any, shape: Any, path: str = "") -> Iterator[str]:
    """One sentence per violation; lower limits, types and required members are botocore's to check."""
    kind, largest = shape.type_name, shape.metadata.get("max")
    if kind == "structure" and not shape.is_document_type and isinstance(value, dict):
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield from exceeded(value[name], member, f"{path}.{name}" if path else name)
    elif kind == "list" and isinstance(value, list | tuple):
        if largest is not None and len(value) > largest:
            yield _sentence(path, f"have length less than or equal to {largest}")
        for index, item in enumerate(value):
            yield from exceeded(item, shape.member, f"{path}.{index + 1}.member")
    elif kind == "map" and isinstance(value, dict):
        if largest is not None and len(value) > largest:
            yield _sentence(path, f"have length less than or equal to {largest}")
        for key, item in value.items():
            yield from exceeded(key, shape.key, f"{path}.key")
            yield from exceeded(item, shape.value, f"{path}.{key}.member")
    elif kind == "string" and isinstance(value, str):
        if largest is not None and len(value) > largest:
            yield _sentence(path, f"have length less than or equal to {largest}")
        if shape.enum and value not in shape.enum:
            yield _sentence(path, f"satisfy enum value set: [{', '.join(shape.enum)}]")
    elif kind in ("integer", "long", "float", "double") and largest is not None and value > largest:
        yield _sentence(path, f"have value less than or equal to {largest}")


def _sentence(path: str, must: str) -> str:
    return f"Value at '{path}' failed to satisfy constraint: Member must {must}"
