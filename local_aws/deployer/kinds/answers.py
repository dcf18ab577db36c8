"""Creating what may be there already: the second deploy updates, it never fails for that."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

# Every service has its own name for it; anything else is a real failure.
_THERE = {
    "AlreadyExistsException",
    "ConflictException",
    "EntityAlreadyExists",
    "EntityAlreadyExistsException",
    "QueueNameExists",
    "QueueAlreadyExists",
    "ResourceAlreadyExistsException",
    "ResourceConflictException",
    "ResourceExistsException",
    "StateMachineAlreadyExists",
}


def is_there(error: ClientError) -> bool:
    """Whether the service refused because the resource exists."""
    return error.response["Error"]["Code"].rsplit("#", 1)[-1] in _THERE


def create_or(update: Callable[[], Any], create: Callable[[], Any]) -> Any:
    """What `create` gives, or `update` where the resource exists."""
    try:
        return create()
    except ClientError as error:
        if not is_there(error):
            raise
        return update()


def as_text(document: Any) -> str:
    """A policy or pattern as the APIs take it: JSON text."""
    return document if isinstance(document, str) else json.dumps(document)
