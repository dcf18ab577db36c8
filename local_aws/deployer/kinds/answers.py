"""Telling apart what is to be made, what is there already and what is gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from local_aws.deployer.assembly.resource import Request, words

# Every service has its own name for it; anything else is a real failure.
_THERE = words(
    "AlreadyExistsException ConflictException EntityAlreadyExists EntityAlreadyExistsException ParameterAlreadyExists "
    "QueueAlreadyExists QueueNameExists ResourceAlreadyExistsException ResourceConflictException "
    "ResourceExistsException StateMachineAlreadyExists"
)
_GONE = words(
    "AWS.SimpleQueueService.NonExistentQueue EntityNotFound EntityNotFoundException NoSuchBucket NoSuchEntity "
    "NonExistentQueue NotFound NotFoundException ParameterNotFound QueueDoesNotExist ResourceNotFoundException "
    "StateMachineDoesNotExist"
)


class AlreadyThere(Exception):
    """A resource of that name exists and is not of this stack."""


def is_there(error: Exception) -> bool:
    """Whether a new resource was refused because one of its name exists."""
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"].rsplit("#", 1)[-1] in _THERE
    return isinstance(error, AlreadyThere)


def _is_gone(error: ClientError) -> bool:
    return error.response["Error"]["Code"].rsplit("#", 1)[-1] in _GONE


def is_known(look: Callable[[], Any]) -> bool:
    """Whether `look` finds the resource; False where the service does not know it."""
    try:
        return bool(look())
    except ClientError as error:
        if not _is_gone(error):
            raise
        return False


def create_or(request: Request, update: Callable[..., Any], create: Callable[..., Any], **settings: Any) -> Any:
    """What `update` gives where the resource exists, else what `create` gives; both take the settings.

    A name that somebody else has taken is an error, as in CloudFormation.
    """
    return (update if request.existing else create)(**settings)


def refuse_taken(request: Request, name: str, look: Callable[[], Any]) -> None:
    """Raises AlreadyThere where a new resource would silently be one that `look` finds; some APIs do not tell."""
    if not request.existing and is_known(look):
        raise AlreadyThere(f"{name} already exists")


def gone(delete: Callable[[], Any]) -> None:
    """Deletes what may have been deleted by hand; CloudFormation takes that for done."""
    is_known(delete)


def removing(service: str, operation: str, parameter: str, **fixed: Any) -> Callable[[Request], None]:
    """How a resource is deleted that one call with its physical id deletes."""
    return lambda request: gone(
        lambda: getattr(request.client(service), operation)(**{parameter: request.ref}, **fixed)
    )


def whole(value: Any, names: Iterable[str]) -> Any:
    """The value with the named members as integers: templates may spell them as text or as 1.0, the APIs don't."""
    if isinstance(value, Mapping):
        return {key: int(one) if key in names else whole(one, names) for key, one in value.items()}
    return [whole(one, names) for one in value] if isinstance(value, list) else value


def as_text(document: Any) -> str:
    """A policy or pattern as the APIs take it: JSON text."""
    return document if isinstance(document, str) else json.dumps(document)
