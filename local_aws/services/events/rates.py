"""Schedules of rules: `rate(...)` fires here, on the machine's clock; `cron(...)` is kept and shown, and never fires.

A laptop is not on at three in the morning, but a sweep every five minutes is part of how a pipeline works. Source: the
EventBridge user guide, "Creating a rule that runs on a schedule": the first firing is one period after the rule is
made, and the singular goes with 1 only.
"""

from __future__ import annotations

import re
from datetime import timedelta

from local_aws.wire.errors import AwsError

_RATE = re.compile(r"rate\((?P<number>[1-9]\d*) (?P<unit>minute|hour|day)(?P<plural>s?)\)")
_CRON = re.compile(r"cron\((\S+ ){5}\S+\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


def period_of(expression: str) -> timedelta | None:
    """The rate's period, None for a cron expression; raises ValidationException for anything else."""
    if _CRON.fullmatch(expression):
        return None
    found = _RATE.fullmatch(expression)
    if not found or (found["number"] == "1") == bool(found["plural"]):
        raise AwsError("ValidationException", "Parameter ScheduleExpression is not valid.")
    return timedelta(seconds=int(found["number"]) * _SECONDS[found["unit"]])
