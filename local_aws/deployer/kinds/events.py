"""EventBridge rules and their targets."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from local_aws.deployer.assembly.resource import Created, Kind, Request
from local_aws.deployer.kinds.answers import as_text, gone, is_gone, refuse_taken


def rule(request: Request) -> Created:
    """Putting a rule or target again replaces it; a target that is no longer said is removed."""
    events, name = request.client("events"), request.name("Name")
    settings = request.chosen("ScheduleExpression", "State", "Description", "RoleArn", "EventBusName")
    if "EventPattern" in request.properties:
        settings["EventPattern"] = as_text(request.properties["EventPattern"])
    bus = request.chosen("EventBusName")
    refuse_taken(request, f"rule {name}", taken=not request.existing and _is_there(events, name, bus))
    events.put_rule(Name=name, **settings)
    dropped = {one["Id"] for one in request.before.get("Targets", [])}
    dropped -= {one["Id"] for one in request.properties.get("Targets", [])}
    if dropped:
        events.remove_targets(Rule=name, Ids=sorted(dropped), **bus)
    if targets := request.properties.get("Targets"):
        answer = events.put_targets(Rule=name, Targets=targets, **bus)
        if answer.get("FailedEntryCount"):
            raise KeyError(f"target of {name}: {answer['FailedEntries'][0].get('ErrorMessage')}")
    return Created(ref=name, attributes={"Arn": request.place.arn("events", f"rule/{name}")})


def remove(request: Request) -> None:
    """A rule with targets can't be deleted, so they go first."""
    events, bus = request.client("events"), request.chosen("EventBusName")
    name = request.existing.ref if request.existing else ""
    if targets := request.properties.get("Targets"):
        gone(lambda: events.remove_targets(Rule=name, Ids=[one["Id"] for one in targets], **bus))
    gone(lambda: events.delete_rule(Name=name, **bus))


def _is_there(events: Any, name: str, bus: dict[str, Any]) -> bool:
    try:
        return bool(events.describe_rule(Name=name, **bus).get("Arn"))
    except ClientError as error:
        if not is_gone(error):
            raise
        return False


KINDS = {
    "AWS::Events::Rule": Kind(
        create=rule,
        delete=remove,
        applied=frozenset(
            {"Name", "EventPattern", "ScheduleExpression", "State", "Description", "RoleArn", "EventBusName", "Targets"}
        ),
        ignored=frozenset({"Tags"}),
    )
}
