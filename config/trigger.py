"""Settings of what starts a run, and the check of AWS schedule expressions.

A trigger only says when; which files a run takes is decided by the ledger.
"""

from __future__ import annotations

import re
from typing import Annotated

from croniter import CroniterError, croniter
from pydantic import AfterValidator, Field, model_validator

from config.section import Section

RATE = re.compile(r"rate\(([1-9]\d*) (minute|minutes|hour|hours|day|days)\)")
CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
YEAR = re.compile(r"(\*|(19[7-9]\d|20\d\d|21\d\d)([-,/]\d+)*)")
REMEDY = "give cron(minute hour day-of-month month day-of-week year), e.g. cron(0 3 * * ? *)"


def schedule_expression(value: str) -> str:
    """An expression that both EventBridge rules and Glue triggers take, which means cron.

    Source: EventBridge User Guide, "Schedule types"; Glue has no rate(...).
    Raises ValueError with the remedy.
    """
    if value.startswith("rate("):
        raise ValueError(_rate_problem(value))
    fields = CRON.fullmatch(value)
    if not fields:
        raise ValueError(f"{value!r} is no schedule of six fields; {REMEDY}")
    minute, hour, day, month, weekday, year = fields.groups()
    if (day == "?") == (weekday == "?"):
        raise ValueError(f"{value!r} must have ? in exactly one of day-of-month and day-of-week; {REMEDY}")
    if re.search(r"(^|[^\d#/])0|[89]|\d\d", weekday):
        raise ValueError(f"{value!r} has a day-of-week outside 1-7 (SUN-SAT); {REMEDY}")
    if not YEAR.fullmatch(year):
        raise ValueError(f"{value!r} has a year outside 1970-2199; {REMEDY}")
    try:
        croniter(f"{minute} {hour} {_any(day)} {month} {_from_zero(_any(weekday))}")
    except (CroniterError, ValueError) as error:
        raise ValueError(f"{value!r}: {error}; {REMEDY}") from None
    return value


def _any(field: str) -> str:
    return "*" if field == "?" else field


def _from_zero(weekday: str) -> str:
    """AWS counts SUN as 1, croniter as 0; what follows # or / is a count, not a day."""
    return re.sub(r"(?<![#/\d])[1-7]", lambda day: str(int(day.group()) - 1), weekday)


def _rate_problem(value: str) -> str:
    found = RATE.fullmatch(value)
    if not found:
        return f"{value!r} is no rate, and Glue triggers know cron only; {REMEDY}"
    number, unit = int(found.group(1)), found.group(2)
    if (number == 1) == unit.endswith("s"):
        return f"{value!r} needs {'singular' if number == 1 else 'plural'}; and Glue triggers know cron only; {REMEDY}"
    return f"{value!r} is understood by EventBridge, but Glue triggers know cron only; {REMEDY}"


class TriggerSettings(Section):
    """By hand always; besides, on upload or by schedule."""

    on_upload: bool
    schedule: (
        Annotated[
            str,
            AfterValidator(schedule_expression),
            Field(json_schema_extra={"pattern": f"^{CRON.pattern}$", "patternErrorMessage": REMEDY}),
        ]
        | None
    ) = None

    @model_validator(mode="after")
    def _one_start(self) -> TriggerSettings:
        if self.on_upload and self.schedule:
            raise ValueError(
                "on_upload and schedule are both set, and a Glue workflow has one starting trigger; "
                "set on_upload: false or remove schedule"
            )
        return self
