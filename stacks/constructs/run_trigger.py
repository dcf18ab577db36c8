"""The rule that starts a run: on upload to landing, or by schedule, or (disabled) ready to be switched on.

It only says when. Which files a run takes is decided by the ledger, so a repeated or late event does no harm.
"""

from __future__ import annotations

from aws_cdk import aws_events as events
from constructs import Construct

from config.trigger import TriggerSettings
from pipeline.layout import LANDING


class RunTrigger(events.Rule):
    """Uploads, unless there is a schedule."""

    def __init__(
        self, scope: Construct, id: str, *, trigger: TriggerSettings, bucket_name: str, target: events.IRuleTarget
    ) -> None:
        super().__init__(
            scope,
            id,
            enabled=trigger.on_upload or bool(trigger.schedule),
            event_pattern=None if trigger.schedule else upload_pattern(bucket_name),
            schedule=events.Schedule.expression(trigger.schedule) if trigger.schedule else None,
            targets=[target],
        )


def upload_pattern(bucket_name: str) -> events.EventPattern:
    """Objects created in landing, multipart uploads included."""
    return events.EventPattern(
        source=["aws.s3"],
        detail_type=["Object Created"],
        detail={"bucket": {"name": [bucket_name]}, "object": {"key": [{"prefix": LANDING}]}},
    )
