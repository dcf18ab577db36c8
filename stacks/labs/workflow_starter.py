"""What starts the Glue workflow: a rule, a queue that loses nothing, and a function that starts a run per batch.

A workflow's own starting triggers can't change their kind in place, and a workflow has one of them. So it keeps an
ON_DEMAND one for ever, and upload and schedule are settings of an EventBridge rule, as for the other orchestrators.
The workflow runs once at a time; what comes meanwhile waits in the queue.
"""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.access.grants import Grant, allow
from stacks.constructs.logged_function import LoggedFunction
from stacks.constructs.replacement import keep_when_replaced
from stacks.constructs.run_trigger import RunTrigger
from stacks.zones.data_zone import DataZone

FOLDER = "start_workflow"
BATCH_EVENTS, BATCH_SECONDS = 100, 60
"""The most that is taken together: a storm of uploads is one run, or two."""
AGAIN_MINUTES = 7
"""How long events wait while a run goes on. Lambda asks for six times the function's timeout, and the window."""
TRIES = 500
"""More than two days of waiting: no run lasts so long, so what is still there then has another cause."""


class WorkflowStarter(Construct):
    """Rule, queue and function."""

    def __init__(self, scope: Construct, id: str, *, data: DataZone) -> None:
        super().__init__(scope, id)
        names, settings = data.names, data.settings
        function = LoggedFunction(
            self,
            "Function",
            entry=f"{FOLDER}.handler",
            function_name=names.function(FOLDER),
            environment={"WORKFLOW": names.workflow},
            protection=data.protection,
        )
        allow(
            function.own_role,
            Grant(
                actions=("glue:StartWorkflowRun",),
                resources=(cdk.Stack.of(self).format_arn(service="glue", resource=f"workflow/{names.workflow}"),),
            ),
        )
        events = sqs.Queue(
            self,
            "Events",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
            visibility_timeout=cdk.Duration.minutes(AGAIN_MINUTES),
            dead_letter_queue=sqs.DeadLetterQueue(queue=function.dead_letters, max_receive_count=TRIES),
        )
        keep_when_replaced(events)
        function.add_event_source(
            sources.SqsEventSource(
                events,
                batch_size=BATCH_EVENTS,
                max_batching_window=cdk.Duration.seconds(BATCH_SECONDS),
                max_concurrency=2,  # the least that Lambda takes
                report_batch_item_failures=True,
            )
        )
        RunTrigger(
            self,
            "Rule",
            trigger=settings.trigger,
            bucket_name=names.data_bucket,
            target=targets.SqsQueue(events, dead_letter_queue=function.dead_letters),
        )
