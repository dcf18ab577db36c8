"""EventBridge rules and their targets."""

from __future__ import annotations

from local_aws.deployer.assembly.resource import Created, Kind, Request, words
from local_aws.deployer.kinds.answers import as_text, gone, refuse_taken

_RULE = words("ScheduleExpression State Description RoleArn EventBusName")


def rule(request: Request) -> Created:
    """Putting a rule or target again replaces it; a target that is no longer said is removed."""
    events, name = request.client("events"), request.name("Name")
    settings, bus = request.chosen(*_RULE), request.chosen("EventBusName")
    if "EventPattern" in request.properties:
        settings["EventPattern"] = as_text(request.properties["EventPattern"])
    refuse_taken(request, f"rule {name}", lambda: events.describe_rule(Name=name, **bus).get("Arn"))
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
    events, bus, name = request.client("events"), request.chosen("EventBusName"), request.ref
    if targets := request.properties.get("Targets"):
        gone(lambda: events.remove_targets(Rule=name, Ids=[one["Id"] for one in targets], **bus))
    gone(lambda: events.delete_rule(Name=name, **bus))


KINDS = {
    "AWS::Events::Rule": Kind(
        create=rule, delete=remove, applied=_RULE | {"Name", "EventPattern", "Targets"}, ignored=words("Tags")
    )
}
