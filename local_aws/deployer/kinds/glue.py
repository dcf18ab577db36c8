"""Glue: databases, crawlers, jobs, workflows, triggers, security configurations, connections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_aws.deployer.assembly.resource import Created, Kind, Request
from local_aws.deployer.kinds.answers import create_or, gone

_CRAWLER = (
    "Role",
    "DatabaseName",
    "Targets",
    "TablePrefix",
    "Classifiers",
    "SchemaChangePolicy",
    "RecrawlPolicy",
    "LineageConfiguration",
    "Configuration",
    "CrawlerSecurityConfiguration",
    "Description",
)
_JOB = (
    "Role",
    "Command",
    "DefaultArguments",
    "NonOverridableArguments",
    "Connections",
    "ExecutionClass",
    "ExecutionProperty",
    "GlueVersion",
    "JobMode",
    "LogUri",
    "MaxCapacity",
    "MaxRetries",
    "NotificationProperty",
    "NumberOfWorkers",
    "SecurityConfiguration",
    "Timeout",
    "WorkerType",
    "Description",
)
_TRIGGER = ("Actions", "Predicate", "Description", "EventBatchingCondition", "Schedule")
_WHOLE_NUMBERS = ("MaxRetries", "NumberOfWorkers", "Timeout", "MaxConcurrentRuns", "NotifyDelayAfter")


def database(request: Request) -> Created:
    """The catalog's database."""
    glue, given = request.client("glue"), request.properties["DatabaseInput"]
    named = request.properties.get("DatabaseName") or given.get("Name")
    wanted = {"Name": named or request.name("Name", limit=255, lower=True), **given}
    create_or(
        request,
        lambda: glue.update_database(Name=wanted["Name"], DatabaseInput=wanted),
        lambda: glue.create_database(DatabaseInput=wanted),
    )
    return Created(ref=wanted["Name"])


def crawler(request: Request) -> Created:
    """The schedule is an expression in the API and an object in the template."""
    glue, name = request.client("glue"), request.name("Name", limit=255)
    settings = request.chosen(*_CRAWLER)
    if expression := request.properties.get("Schedule", {}).get("ScheduleExpression"):
        settings["Schedule"] = expression
    create_or(
        request, lambda: glue.update_crawler(Name=name, **settings), lambda: glue.create_crawler(Name=name, **settings)
    )
    return Created(ref=name)


def job(request: Request) -> Created:
    """An existing job gets the definition of now."""
    glue, name = request.client("glue"), request.name("Name", limit=255)
    settings = _whole(request.chosen(*_JOB))
    create_or(
        request,
        lambda: glue.update_job(JobName=name, JobUpdate=settings),
        lambda: glue.create_job(Name=name, **settings),
    )
    return Created(ref=name)


def workflow(request: Request) -> Created:
    """With its limit of concurrent runs."""
    glue, name = request.client("glue"), request.name("Name", limit=255)
    settings = _whole(request.chosen("Description", "DefaultRunProperties", "MaxConcurrentRuns"))
    create_or(
        request,
        lambda: glue.update_workflow(Name=name, **settings),
        lambda: glue.create_workflow(Name=name, **settings),
    )
    return Created(ref=name)


def trigger(request: Request) -> Created:
    """A trigger keeps type and workflow for life; its predicate and actions follow the template."""
    glue, name = request.client("glue"), request.name("Name", limit=255)
    settings = _whole(request.chosen(*_TRIGGER))
    fixed = request.chosen("Type", "WorkflowName", "StartOnCreation")
    create_or(
        request,
        lambda: glue.update_trigger(Name=name, TriggerUpdate=settings),
        lambda: glue.create_trigger(Name=name, **fixed, **settings),
    )
    return Created(ref=name)


def security_configuration(request: Request) -> Created:
    """Stored; nothing is encrypted on the laptop's own disk."""
    glue, name = request.client("glue"), request.name("Name", limit=255)
    given = dict(request.properties["EncryptionConfiguration"])
    if "S3Encryptions" in given:
        given["S3Encryption"] = given.pop("S3Encryptions")
    if request.existing:  # Glue has no update of it
        gone(lambda: glue.delete_security_configuration(Name=name))
    glue.create_security_configuration(Name=name, EncryptionConfiguration=given)
    return Created(ref=name)


def connection(request: Request) -> Created:
    """Stored."""
    glue, wanted = request.client("glue"), dict(request.properties["ConnectionInput"])
    wanted.setdefault("Name", request.name("Name", limit=255))
    create_or(
        request,
        lambda: glue.update_connection(Name=wanted["Name"], ConnectionInput=wanted),
        lambda: glue.create_connection(ConnectionInput=wanted),
    )
    return Created(ref=wanted["Name"])


def _remove(operation: str, parameter: str = "Name") -> Callable[[Request], None]:
    def remove(request: Request) -> None:
        name = request.existing.ref if request.existing else ""
        gone(lambda: getattr(request.client("glue"), operation)(**{parameter: name}))

    return remove


def _whole(value: Any) -> Any:
    """Templates may spell whole numbers as text or as 1.0; the API takes integers only."""
    if isinstance(value, dict):
        return {key: int(one) if key in _WHOLE_NUMBERS else _whole(one) for key, one in value.items()}
    return [_whole(one) for one in value] if isinstance(value, list) else value


_TAGS = frozenset({"Tags"})

KINDS = {
    "AWS::Glue::Database": Kind(
        create=database,
        delete=_remove("delete_database"),
        applied=frozenset({"DatabaseInput", "DatabaseName"}),
        ignored=frozenset({"CatalogId"}),
    ),
    "AWS::Glue::Crawler": Kind(
        create=crawler,
        delete=_remove("delete_crawler"),
        applied=frozenset({"Name", "Schedule", *_CRAWLER}),
        ignored=_TAGS,
    ),
    "AWS::Glue::Job": Kind(
        create=job,
        delete=_remove("delete_job", "JobName"),
        applied=frozenset({"Name", *_JOB}),
        ignored=_TAGS,
    ),
    "AWS::Glue::Workflow": Kind(
        create=workflow,
        delete=_remove("delete_workflow"),
        applied=frozenset({"Name", "Description", "DefaultRunProperties", "MaxConcurrentRuns"}),
        ignored=_TAGS,
    ),
    "AWS::Glue::Trigger": Kind(
        create=trigger,
        delete=_remove("delete_trigger"),
        applied=frozenset({"Name", "Type", "WorkflowName", "StartOnCreation", *_TRIGGER}),
        ignored=_TAGS,
    ),
    "AWS::Glue::SecurityConfiguration": Kind(
        create=security_configuration,
        delete=_remove("delete_security_configuration"),
        applied=frozenset({"Name", "EncryptionConfiguration"}),
    ),
    "AWS::Glue::Connection": Kind(
        create=connection,
        delete=_remove("delete_connection", "ConnectionName"),
        applied=frozenset({"ConnectionInput"}),
        ignored=frozenset({"CatalogId"}),
    ),
}
