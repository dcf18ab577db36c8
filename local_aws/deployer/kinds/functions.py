"""Lambda functions, who may invoke them, and what happens to failed events."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from local_aws.deployer.assembly.resource import Created, Kind, Request, with_parent, words
from local_aws.deployer.kinds.answers import create_or, gone, removing, whole

_CONFIGURATION = words("Role Handler Runtime Timeout MemorySize Environment DeadLetterConfig Description")
_PERMISSION = words("FunctionName Action Principal SourceArn SourceAccount")
_INVOKE_CONFIG = words("FunctionName Qualifier MaximumRetryAttempts MaximumEventAgeInSeconds DestinationConfig")
_EVENT_SOURCE = words(
    "FunctionName EventSourceArn Enabled BatchSize MaximumBatchingWindowInSeconds FunctionResponseTypes ScalingConfig"
)
_NUMBERS = words(
    "Timeout MemorySize MaximumRetryAttempts MaximumEventAgeInSeconds BatchSize MaximumBatchingWindowInSeconds "
    "MaximumConcurrency"
)


def function(request: Request) -> Created:
    """An existing function gets code and configuration of now."""
    client, name = request.client("lambda"), request.name("FunctionName")
    configuration = request.chosen(*_CONFIGURATION)
    environment = configuration.pop("Environment", None)
    configuration = whole(configuration, _NUMBERS)
    if environment is not None:
        variables = {key: str(value) for key, value in environment.get("Variables", {}).items()}
        configuration["Environment"] = {"Variables": variables}
    code = _code(request.properties["Code"], request.properties.get("Runtime", ""))

    def update() -> None:
        client.update_function_code(FunctionName=name, **code)
        client.update_function_configuration(FunctionName=name, **configuration)

    create_or(request, update, lambda: client.create_function(FunctionName=name, Code=code, **configuration))
    return Created(ref=name, attributes={"Arn": request.place.arn("lambda", f"function:{name}")})


def permission(request: Request) -> Created:
    """One statement per resource. All its properties are create-only, so it is never updated."""
    statement = f"{request.logical_id}{request.generation.replace('.', '-')}"
    request.client("lambda").add_permission(StatementId=statement, **request.chosen(*_PERMISSION))
    return Created(ref=statement, attributes={"Id": statement})


def remove_permission(request: Request) -> None:
    """The statement that `permission` added."""
    name, client = request.properties["FunctionName"], request.client("lambda")
    gone(lambda: client.remove_permission(FunctionName=name, StatementId=request.ref))


def invoke_config(request: Request) -> Created:
    """Retries and destinations of asynchronous invocations; a second put replaces the first."""
    settings = whole(request.chosen(*_INVOKE_CONFIG), _NUMBERS)
    request.client("lambda").put_function_event_invoke_config(**settings)
    return Created(ref=request.logical_id)


def event_source(request: Request) -> Created:
    """A queue's messages for a function; on removal, what was not taken stays in the queue."""
    client = request.client("lambda")
    settings = whole(request.chosen(*_EVENT_SOURCE), _NUMBERS)
    if request.existing:
        changes = {key: value for key, value in settings.items() if key != "EventSourceArn"}
        client.update_event_source_mapping(UUID=request.existing.ref, **changes)
        return request.existing
    identity = client.create_event_source_mapping(**settings)["UUID"]
    arn = request.place.arn("lambda", f"event-source-mapping:{identity}")
    return Created(ref=identity, attributes={"Id": identity, "EventSourceMappingArn": arn})


def _code(code: dict[str, Any], runtime: str) -> dict[str, Any]:
    if "ZipFile" not in code:
        return {name: code[name] for name in ("S3Bucket", "S3Key", "S3ObjectVersion") if name in code}
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        file = zipfile.ZipInfo("index.js" if runtime.startswith("nodejs") else "index.py", (1980, 1, 1, 0, 0, 0))
        archive.writestr(file, code["ZipFile"])
    return {"ZipFile": sink.getvalue()}


KINDS = {
    "AWS::Lambda::Function": Kind(
        create=function,
        delete=removing("lambda", "delete_function", "FunctionName"),
        applied=_CONFIGURATION | {"FunctionName", "Code"},
        ignored=words(
            "Architectures EphemeralStorage KmsKeyArn Layers LoggingConfig RecursiveLoop ReservedConcurrentExecutions "
            "RuntimeManagementConfig Tags TracingConfig VpcConfig"
        ),
    ),
    "AWS::Lambda::Permission": Kind(create=permission, delete=remove_permission, applied=_PERMISSION),
    "AWS::Lambda::EventSourceMapping": Kind(
        create=event_source,
        delete=removing("lambda", "delete_event_source_mapping", "UUID"),
        applied=_EVENT_SOURCE,
        ignored=words("Tags"),
    ),
    "AWS::Lambda::EventInvokeConfig": Kind(create=invoke_config, delete=with_parent, applied=_INVOKE_CONFIG),
}
