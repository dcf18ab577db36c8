"""Glue: databases, crawlers, jobs, workflows, triggers, security configurations, connections."""

from __future__ import annotations

from typing import Any

from local_aws.deployer.assembly.resource import Created, Kind, Request, words
from local_aws.deployer.kinds.answers import create_or, gone, removing, whole

_CRAWLER = words(
    "Role DatabaseName Targets TablePrefix Classifiers SchemaChangePolicy RecrawlPolicy LineageConfiguration "
    "Configuration CrawlerSecurityConfiguration Description"
)
_JOB = words(
    "Role Command DefaultArguments NonOverridableArguments Connections ExecutionClass ExecutionProperty GlueVersion "
    "JobMode LogUri MaxCapacity MaxRetries NotificationProperty NumberOfWorkers SecurityConfiguration Timeout "
    "WorkerType Description"
)
_TRIGGER = words("Actions Predicate Description EventBatchingCondition Schedule")
_TRIGGER_FOR_LIFE = words("Type WorkflowName StartOnCreation")
_WORKFLOW = words("Description DefaultRunProperties MaxConcurrentRuns")
_NUMBERS = words("MaxRetries NumberOfWorkers Timeout MaxConcurrentRuns NotifyDelayAfter")


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
    create_or(request, glue.update_crawler, glue.create_crawler, Name=name, **settings)
    return Created(ref=name)


def job(request: Request) -> Created:
    """An existing job gets the definition of now."""
    glue, name = request.client("glue"), request.name("Name", limit=255)
    settings = whole(request.chosen(*_JOB), _NUMBERS)
    create_or(
        request,
        lambda: glue.update_job(JobName=name, JobUpdate=settings),
        lambda: glue.create_job(Name=name, **settings),
    )
    return Created(ref=name)


def workflow(request: Request) -> Created:
    """With its limit of concurrent runs."""
    glue, name = request.client("glue"), request.name("Name", limit=255)
    settings = whole(request.chosen(*_WORKFLOW), _NUMBERS)
    create_or(request, glue.update_workflow, glue.create_workflow, Name=name, **settings)
    return Created(ref=name)


def trigger(request: Request) -> Created:
    """A trigger keeps type and workflow for life; its predicate and actions follow the template."""
    glue, name = request.client("glue"), request.name("Name", limit=255)
    settings = whole(request.chosen(*_TRIGGER), _NUMBERS)
    fixed = request.chosen(*_TRIGGER_FOR_LIFE)
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


def _kind(create: Any, operation: str, applied: frozenset[str], ignored: str = "Tags", parameter: str = "Name") -> Kind:
    return Kind(create=create, delete=removing("glue", operation, parameter), applied=applied, ignored=words(ignored))


KINDS = {
    "AWS::Glue::Database": _kind(database, "delete_database", words("DatabaseInput DatabaseName"), "CatalogId"),
    "AWS::Glue::Crawler": _kind(crawler, "delete_crawler", _CRAWLER | {"Name", "Schedule"}),
    "AWS::Glue::Job": _kind(job, "delete_job", _JOB | {"Name"}, parameter="JobName"),
    "AWS::Glue::Workflow": _kind(workflow, "delete_workflow", _WORKFLOW | {"Name"}),
    "AWS::Glue::Trigger": _kind(trigger, "delete_trigger", _TRIGGER | _TRIGGER_FOR_LIFE | {"Name"}),
    "AWS::Glue::SecurityConfiguration": _kind(
        security_configuration, "delete_security_configuration", words("Name EncryptionConfiguration"), ""
    ),
    "AWS::Glue::Connection": _kind(
        connection, "delete_connection", words("ConnectionInput"), "CatalogId", "ConnectionName"
    ),
}
