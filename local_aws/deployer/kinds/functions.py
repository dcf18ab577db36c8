"""Lambda functions, who may invoke them, and what happens to failed events."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from local_aws.deployer.assembly.resource import Created, Kind, Request, with_parent
from local_aws.deployer.kinds.answers import create_or, gone

_CONFIGURATION = (
    "Role",
    "Handler",
    "Runtime",
    "Timeout",
    "MemorySize",
    "Environment",
    "DeadLetterConfig",
    "Description",
)
_EVENT_SOURCE = (
    "FunctionName",
    "EventSourceArn",
    "Enabled",
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "FunctionResponseTypes",
    "ScalingConfig",
)


def function(request: Request) -> Created:
    """An existing function gets code and configuration of now."""
    client, name = request.client("lambda"), request.name("FunctionName")
    configuration = request.chosen(*_CONFIGURATION)
    for number in ("Timeout", "MemorySize"):
        if number in configuration:
            configuration[number] = int(configuration[number])
    if "Environment" in configuration:
        variables = configuration["Environment"].get("Variables", {})
        configuration["Environment"] = {"Variables": {key: str(value) for key, value in variables.items()}}
    code = _code(request.properties["Code"], request.properties.get("Runtime", ""))

    def update() -> None:
        client.update_function_code(FunctionName=name, **code)
        client.update_function_configuration(FunctionName=name, **configuration)

    create_or(request, update, lambda: client.create_function(FunctionName=name, Code=code, **configuration))
    return Created(ref=name, attributes={"Arn": request.place.arn("lambda", f"function:{name}")})


def permission(request: Request) -> Created:
    """One statement per resource. All its properties are create-only, so it is never updated."""
    statement = f"{request.logical_id}{request.generation.replace('.', '-')}"
    request.client("lambda").add_permission(
        StatementId=statement,
        **request.chosen("FunctionName", "Action", "Principal", "SourceArn", "SourceAccount"),
    )
    return Created(ref=statement, attributes={"Id": statement})


def invoke_config(request: Request) -> Created:
    """Retries and destinations of asynchronous invocations; a second put replaces the first."""
    settings = request.chosen(
        "FunctionName", "Qualifier", "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"
    )
    for number in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds"):
        if number in settings:
            settings[number] = int(settings[number])
    request.client("lambda").put_function_event_invoke_config(**settings)
    return Created(ref=request.logical_id)


def event_source(request: Request) -> Created:
    """A queue's messages for a function."""
    client = request.client("lambda")
    settings = request.chosen(*_EVENT_SOURCE)
    for number in ("BatchSize", "MaximumBatchingWindowInSeconds"):
        if number in settings:
            settings[number] = int(settings[number])
    if "ScalingConfig" in settings:
        settings["ScalingConfig"] = {key: int(value) for key, value in settings["ScalingConfig"].items()}
    if request.existing:
        changes = {key: value for key, value in settings.items() if key != "EventSourceArn"}
        client.update_event_source_mapping(UUID=request.existing.ref, **changes)
        return request.existing
    identity = client.create_event_source_mapping(**settings)["UUID"]
    arn = request.place.arn("lambda", f"event-source-mapping:{identity}")
    return Created(ref=identity, attributes={"Id": identity, "EventSourceMappingArn": arn})


def remove_event_source(request: Request) -> None:
    """What was not taken stays in the queue."""
    identity = request.existing.ref if request.existing else ""
    gone(lambda: request.client("lambda").delete_event_source_mapping(UUID=identity))


def remove_function(request: Request) -> None:
    """With its permissions and settings."""
    name = request.existing.ref if request.existing else ""
    gone(lambda: request.client("lambda").delete_function(FunctionName=name))


def remove_permission(request: Request) -> None:
    """The statement that `permission` added."""
    statement = request.existing.ref if request.existing else ""
    function_name = request.properties["FunctionName"]
    gone(lambda: request.client("lambda").remove_permission(FunctionName=function_name, StatementId=statement))


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
        delete=remove_function,
        applied=frozenset({"FunctionName", "Code", *_CONFIGURATION}),
        ignored=frozenset(
            {
                "Architectures",
                "EphemeralStorage",
                "KmsKeyArn",
                "Layers",
                "LoggingConfig",
                "RecursiveLoop",
                "ReservedConcurrentExecutions",
                "RuntimeManagementConfig",
                "Tags",
                "TracingConfig",
                "VpcConfig",
            }
        ),
    ),
    "AWS::Lambda::Permission": Kind(
        create=permission,
        delete=remove_permission,
        applied=frozenset({"FunctionName", "Action", "Principal", "SourceArn", "SourceAccount"}),
    ),
    "AWS::Lambda::EventSourceMapping": Kind(
        create=event_source,
        delete=remove_event_source,
        applied=frozenset(_EVENT_SOURCE),
        ignored=frozenset({"Tags"}),
    ),
    "AWS::Lambda::EventInvokeConfig": Kind(
        create=invoke_config,
        delete=with_parent,
        applied=frozenset(
            {"FunctionName", "Qualifier", "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"}
        ),
    ),
}
