"""What may go wrong with any service, and how it is named: never a traceback for what the world did.

Flows in: an exception. Flows out: "Name: what happened", with the remedy where the connection is gone.
"""

from __future__ import annotations

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as AwsConnectionError

from lake.named_failures import NAMED_FAILURES
from pipeline.errors import PipelineError

SERVICE_FAILURES = (ClientError, BotoCoreError, Boto3Error)
# Codes by which services say that a thing was never made.
ABSENT = (
    "404",
    "AWS.SimpleQueueService.NonExistentQueue",
    "EntityNotFoundException",
    "NoSuchBucket",
    "NotFound",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
    "StateMachineDoesNotExist",
)


class LocalAwsUnreachable(PipelineError):
    """The local AWS was brought up and does not answer any more."""


def named(error: BaseException) -> str:
    """The failure's name first, then what it says."""
    if isinstance(error, NAMED_FAILURES):
        return str(error)
    if is_connection_lost(error):
        return f"ConnectionLost: {error}; see `lab status` for the local AWS, or the network for AWS"
    if isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") == "InternalFailure":
        return f"{type(error).__name__}: {error} (`lab status` names the log of the local AWS)"
    return f"{type(error).__name__}: {error}"


def is_connection_lost(error: BaseException) -> bool:
    """Whether nobody answers any more, so that asking again is in vain."""
    return isinstance(error, (AwsConnectionError, HTTPClientError, LocalAwsUnreachable))


def is_absent(error: BaseException) -> bool:
    """Whether a service says that what was asked for is not there: not deployed, most likely."""
    while isinstance(error, Boto3Error) and error.__context__ is not None:
        error = error.__context__  # boto3 wraps what S3 answered to an upload
    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in ABSENT
