"""Tells the one outcome of each Glue workflow run: a workflow has no step that could.

It is called whenever a job or crawler of the pipeline has ended; see lambdas/notify_outcome for what it does then.
"""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from pipeline.steps import PIPELINE, Kind
from stacks.constructs.logged_function import LoggedFunction
from stacks.data_zone import DataZone
from stacks.grants import Grant, allow
from stacks.lake_access import claiming

FOLDER = "notify_outcome"


class OutcomeFunction(Construct):
    """The function and its two rules."""

    def __init__(self, scope: Construct, id: str, *, data: DataZone, lane: str) -> None:
        super().__init__(scope, id)
        stack, names = cdk.Stack.of(self), data.names
        crawlers = [names.crawler(step.name, lane) for step in PIPELINE.steps if step.kind is Kind.CRAWL]
        function = LoggedFunction(
            self,
            "Function",
            folder=FOLDER,
            function_name=names.function(FOLDER),
            environment={
                "WORKFLOW": names.workflow,
                "SLUG": names.slug,
                "LANE": lane,
                "BUCKET": names.data_bucket,
                "TOPIC_ARN": data.topic.topic_arn,
            },
            key=data.key,
            retention_days=data.settings.log_retention_days,
        )
        allow(
            function.own_role,
            *claiming(stack.partition, names.data_bucket, lane),
            Grant(
                actions=("glue:GetWorkflowRuns",),
                resources=(stack.format_arn(service="glue", resource=f"workflow/{names.workflow}"),),
            ),
        )
        data.topic.grant_saying(function.own_role, key=data.key)
        ended = {
            "Jobs": (
                "Glue Job State Change",
                {"jobName": list(names.jobs)},
                ["SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED"],
            ),
            "Crawls": ("Glue Crawler State Change", {"crawlerName": crawlers}, ["Succeeded", "Failed"]),
        }
        for rule, (detail_type, which, states) in ended.items():
            events.Rule(
                self,
                rule,
                event_pattern=events.EventPattern(
                    source=["aws.glue"], detail_type=[detail_type], detail={**which, "state": states}
                ),
                targets=[targets.LambdaFunction(function, dead_letter_queue=function.dead_letters)],
            )
