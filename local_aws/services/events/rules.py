"""Rules of the default bus: patterns, targets, and what happens when an event comes.

In: EventBridge operations, and every event of the internal bus. Out: deliveries in the background. A DISABLED rule does
nothing. Rules with a rate fire when they are due (`tick`), the first time one period after the rule is put: a sweep
every five minutes is part of how a pipeline works. `cron(...)` is kept and shown, and never fires: a laptop is not on
at three in the morning. Other buses, archives and replays are not served.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from local_aws.clocks.clock import Clocks
from local_aws.services.bus import Bus, Event
from local_aws.services.engine import Caller, Resources, serves
from local_aws.services.events.delivery import Delivery
from local_aws.services.events.pattern import PatternRefused, check_pattern, matches
from local_aws.wire.errors import AwsError

_RATE = re.compile(r"rate\((?P<number>[1-9]\d*) (?P<unit>minute|hour|day)(?P<plural>s?)\)")
_CRON = re.compile(r"cron\((\S+ ){5}\S+\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


@dataclass
class Rule:
    """`pattern` is None for a schedule; `period` is a rate's, and `due` the moment of its next firing."""

    name: str
    arn: str
    definition: dict[str, Any]
    pattern: dict[str, Any] | None
    targets: dict[str, dict[str, Any]] = field(default_factory=dict)
    period: timedelta | None = None
    due: datetime | None = None

    @property
    def is_enabled(self) -> bool:
        return self.definition.get("State", "ENABLED") != "DISABLED"


@dataclass(kw_only=True, eq=False)
class Rules:
    """All rules by name."""

    service = "events"

    bus: Bus
    delivery: Delivery
    clocks: Clocks
    now: Callable[[], datetime]
    _rules: Resources[Rule] = field(
        init=False,
        default_factory=lambda: Resources("ResourceNotFoundException", "Rule {} does not exist on EventBus default."),
    )
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.bus.subscribe(self.on_event)

    def on_event(self, event: Event) -> None:
        """Starts a delivery for every target of every enabled rule that matches."""
        with self._lock:
            due = [
                (rule, target)
                for rule in self._rules.values()
                if rule.is_enabled and rule.pattern is not None and matches(rule.pattern, event)
                for target in rule.targets.values()
            ]
        for rule, target in due:
            self._start_delivery(rule, target, event)

    def tick(self, region: str, account: str) -> int:
        """Fires every enabled rate that is due, once however late; the number of deliveries started."""
        now, started = self.now(), 0
        with self._lock:
            due = [rule for rule in self._rules.values() if rule.due and rule.due <= now]
            for rule in due:
                rule.due = now + (rule.period or timedelta())
        for rule in due:
            event = {
                "version": "0",
                "id": str(uuid.uuid4()),
                "detail-type": "Scheduled Event",
                "source": "aws.events",
                "account": account,
                "time": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "region": region,
                "resources": [rule.arn],
                "detail": {},
            }
            for target in list(rule.targets.values()) if rule.is_enabled else []:
                self._start_delivery(rule, target, event)
                started += 1
        return started

    def _start_delivery(self, rule: Rule, target: dict[str, Any], event: Event) -> None:
        self.clocks.start_work(lambda: self.delivery.deliver(target, event, rule.arn), name=f"delivery of {rule.name}")

    @serves("PutRule")
    def put(self, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        if parameters.get("EventBusName", "default").split("/")[-1] != "default":
            raise AwsError("NotImplementedLocally", "the local AWS has the default event bus only")
        pattern = None
        if parameters.get("EventPattern"):
            try:
                pattern = json.loads(parameters["EventPattern"])
                check_pattern(pattern)
            except (ValueError, PatternRefused) as refused:
                raise AwsError(
                    "InvalidEventPatternException", f"Event pattern is not valid. Reason: {refused}"
                ) from refused
        elif not parameters.get("ScheduleExpression"):
            raise AwsError("ValidationException", "EventPattern or ScheduleExpression is required")
        expression = parameters.get("ScheduleExpression")
        period = period_of(expression) if expression else None
        arn = f"arn:aws:events:{caller.region}:{caller.account}:rule/{parameters['Name']}"
        with self._lock:
            there = self._rules.get(parameters["Name"])
            rule = Rule(name=parameters["Name"], arn=arn, definition=dict(parameters), pattern=pattern)
            rule.period, rule.due = period, self.now() + period if period else None
            if there is not None:
                rule.targets = there.targets
            self._rules[rule.name] = rule
        return {"RuleArn": arn}

    @serves("PutTargets")
    def put_targets(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        rule = self._rules[parameters["Rule"]]
        with self._lock:
            for target in parameters["Targets"]:
                rule.targets[target["Id"]] = target
        return {"FailedEntryCount": 0, "FailedEntries": []}

    @serves("RemoveTargets")
    def remove_targets(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        rule = self._rules[parameters["Rule"]]
        with self._lock:
            for identity in parameters["Ids"]:
                rule.targets.pop(identity, None)
        return {"FailedEntryCount": 0, "FailedEntries": []}

    @serves("DeleteRule")
    def delete(self, parameters: dict[str, Any], _caller: Caller) -> None:
        with self._lock:
            if self._rules.get(parameters["Name"]) and self._rules[parameters["Name"]].targets:
                raise AwsError("ValidationException", "Rule can't be deleted since it has targets.")
            self._rules.pop(parameters["Name"], None)

    @serves("EnableRule")
    def enable(self, parameters: dict[str, Any], _caller: Caller) -> None:
        self._rules[parameters["Name"]].definition["State"] = "ENABLED"

    @serves("DisableRule")
    def disable(self, parameters: dict[str, Any], _caller: Caller) -> None:
        self._rules[parameters["Name"]].definition["State"] = "DISABLED"

    @serves("DescribeRule")
    def describe(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return _described(self._rules[parameters["Name"]])

    @serves("PutEvents")
    def put_events(self, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        entries = []
        for entry in parameters["Entries"]:
            try:
                detail = json.loads(entry.get("Detail", ""))
            except ValueError:
                entries.append({"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."})
                continue
            event = self.bus.publish(
                source=entry.get("Source", ""),
                detail_type=entry.get("DetailType", ""),
                resources=entry.get("Resources", []),
                detail=detail,
                region=caller.region,
            )
            entries.append({"EventId": event["id"]})
        return {"FailedEntryCount": sum("ErrorCode" in one for one in entries), "Entries": entries}


def _described(rule: Rule) -> dict[str, Any]:
    shown = {"Name": rule.name, "Arn": rule.arn, "State": "ENABLED" if rule.is_enabled else "DISABLED"}
    for name in ("EventPattern", "ScheduleExpression", "Description", "RoleArn"):
        if rule.definition.get(name):
            shown[name] = rule.definition[name]
    return {**shown, "EventBusName": "default"}


def period_of(expression: str) -> timedelta | None:
    """The rate's period, None for a cron expression; raises ValidationException for anything else.

    The singular goes with 1 only. Source: the EventBridge user guide, "Creating a rule that runs on a schedule".
    """
    if _CRON.fullmatch(expression):
        return None
    found = _RATE.fullmatch(expression)
    if not found or (found["number"] == "1") == bool(found["plural"]):
        raise AwsError("ValidationException", "Parameter ScheduleExpression is not valid.")
    return timedelta(seconds=int(found["number"]) * _SECONDS[found["unit"]])
