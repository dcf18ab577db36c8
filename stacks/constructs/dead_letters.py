"""A queue for events that nobody could handle: kept for two weeks, encrypted, TLS-only."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.constructs.replacement import keep_when_replaced
from stacks.guards.acknowledgement import acknowledge


class DeadLetters(sqs.Queue):
    """Holds events, not data."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(
            scope,
            id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        acknowledge(self, "AwsSolutions-SQS3", reason="It is a dead-letter queue itself")
        keep_when_replaced(self)
