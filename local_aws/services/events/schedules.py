"""EventBridge Scheduler: schedules are kept and shown; none fires here.

In: scheduler operations. Out: descriptions. A laptop is not on at three in the morning; a run is started by hand or
by an upload.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from local_aws.services.engine import Caller, serves
from local_aws.wire.errors import AwsError

_KEPT = (
    "Name",
    "GroupName",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "State",
    "Target",
    "FlexibleTimeWindow",
    "Description",
    "KmsKeyArn",
    "ActionAfterCompletion",
    "StartDate",
    "EndDate",
)


class Schedules:
    """All schedules by name (the default group)."""

    service = "scheduler"

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._schedules: dict[str, dict[str, Any]] = {}

    @serves("CreateSchedule")
    def create(self, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        if parameters["Name"] in self._schedules:
            raise AwsError("ConflictException", f"Schedule {parameters['Name']} already exists.", status=409)
        return self._keep(parameters, caller)

    @serves("UpdateSchedule")
    def update(self, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        self._get(parameters["Name"])
        return self._keep(parameters, caller)

    @serves("GetSchedule")
    def get(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        return self._get(parameters["Name"])

    @serves("DeleteSchedule")
    def delete(self, parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        self._get(parameters["Name"])
        del self._schedules[parameters["Name"]]
        return {}

    @serves("ListSchedules")
    def list_schedules(self, _parameters: dict[str, Any], _caller: Caller) -> dict[str, Any]:
        shown = [
            {"Name": one["Name"], "GroupName": one["GroupName"], "Arn": one["Arn"], "State": one["State"]}
            for _, one in sorted(self._schedules.items())
        ]
        return {"Schedules": shown}

    def _keep(self, parameters: dict[str, Any], caller: Caller) -> dict[str, Any]:
        name, group = parameters["Name"], parameters.get("GroupName", "default")
        arn = f"arn:aws:scheduler:{caller.region}:{caller.account}:schedule/{group}/{name}"
        given = {key: parameters[key] for key in _KEPT if parameters.get(key) is not None}
        now = self._now()
        created = self._schedules.get(name, {}).get("CreationDate", now)
        defaults = {"GroupName": group, "State": "ENABLED", "Arn": arn}
        self._schedules[name] = {**defaults, **given, "CreationDate": created, "LastModificationDate": now}
        return {"ScheduleArn": arn}

    def _get(self, name: str) -> dict[str, Any]:
        if name not in self._schedules:
            raise AwsError("ResourceNotFoundException", f"Schedule {name} does not exist.", status=404)
        return self._schedules[name]
