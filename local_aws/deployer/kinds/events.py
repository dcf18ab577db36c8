"""EventBridge rules and their targets."""

from __future__ import annotations

from local_aws.deployer.kinds.answers import as_text
from local_aws.deployer.resource import Created, Kind, Request


def rule(request: Request) -> Created:
    """Putting a rule or target again replaces it."""
    events, name = request.client("events"), request.name("Name")
    settings = request.chosen("ScheduleExpression", "State", "Description", "RoleArn", "EventBusName")
    if "EventPattern" in request.properties:
        settings["EventPattern"] = as_text(request.properties["EventPattern"])
    events.put_rule(Name=name, **settings)
    if targets := request.properties.get("Targets"):
        bus = request.chosen("EventBusName")
        answer = events.put_targets(Rule=name, Targets=targets, **bus)
        if answer.get("FailedEntryCount"):
            raise KeyError(f"target of {name}: {answer['FailedEntries'][0].get('ErrorMessage')}")
    return Created(ref=name, attributes={"Arn": request.place.arn("events", f"rule/{name}")})


KINDS = {
    "AWS::Events::Rule": Kind(
        create=rule,
        applied=frozenset(
            {"Name", "EventPattern", "ScheduleExpression", "State", "Description", "RoleArn", "EventBusName", "Targets"}
        ),
        ignored=frozenset({"Tags"}),
    )
}
