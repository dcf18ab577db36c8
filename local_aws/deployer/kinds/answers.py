"""Telling apart what is to be made, what is there already and what is gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from local_aws.deployer.assembly.resource import Request

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
    "ParameterAlreadyExists",
    "StateMachineAlreadyExists",
}
_GONE = {"EntityNotFoundException", "NoSuchBucket", "NoSuchEntity", "NotFound", "NotFoundException", "NonExistentQueue"}
_GONE |= {"AWS.SimpleQueueService.NonExistentQueue", "ParameterNotFound", "ResourceNotFoundException"}
_GONE |= {"QueueDoesNotExist", "StateMachineDoesNotExist", "EntityNotFound"}


class AlreadyThere(Exception):
    """A resource of that name exists and is not of this stack."""


def is_there(error: Exception) -> bool:
    """Whether a new resource was refused because one of its name exists."""
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"].rsplit("#", 1)[-1] in _THERE
    return isinstance(error, AlreadyThere)


def is_gone(error: ClientError) -> bool:
    """Whether the service does not know the resource."""
    return error.response["Error"]["Code"].rsplit("#", 1)[-1] in _GONE


def create_or(request: Request, update: Callable[[], Any], create: Callable[[], Any]) -> Any:
    """What `update` gives where the resource exists, else what `create` gives.

    A name that somebody else has taken is an error, as in CloudFormation.
    """
    return update() if request.existing else create()


def refuse_taken(request: Request, name: str, *, taken: bool) -> None:
    """Raises AlreadyThere where a new resource would silently be one that exists; some APIs do not tell."""
    if taken and not request.existing:
        raise AlreadyThere(f"{name} already exists")


def gone(delete: Callable[[], Any]) -> None:
    """Deletes what may have been deleted by hand; CloudFormation takes that for done."""
    try:
        delete()
    except ClientError as error:
        if not is_gone(error):
            raise


def as_text(document: Any) -> str:
    """A policy or pattern as the APIs take it: JSON text."""
    return document if isinstance(document, str) else json.dumps(document)
