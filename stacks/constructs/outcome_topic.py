"""The topic of run outcomes, one message per run, and a queue that keeps a copy of each for audit."""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.access.grants import Grant, allow, sealing
from stacks.constructs.replacement import keep_when_replaced
from stacks.guards.acknowledgement import acknowledge


class OutcomeTopic(sns.Topic):
    """Encrypted, TLS-only. The copy keeps the envelope, since a message's subject is part of the message."""

    def __init__(self, scope: Construct, id: str, *, name: str, key: kms.IKey, email: str | None) -> None:
        super().__init__(scope, id, topic_name=name, master_key=key, enforce_ssl=True)
        self.copies = sqs.Queue(
            self,
            "Copies",
            queue_name=name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        keep_when_replaced(self.copies)
        acknowledge(
            self.copies, "AwsSolutions-SQS3", reason="Nobody consumes the copies; they are there to be looked at"
        )
        self.add_subscription(subscriptions.SqsSubscription(self.copies))
        if email:
            self.add_subscription(subscriptions.EmailSubscription(email))

    def grant_saying(self, role: iam.Role, *, key: kms.IKey) -> None:
        """Publish, and use the topic's key for it."""
        allow(role, Grant(actions=("sns:Publish",), resources=(self.topic_arn,)), sealing(key))
