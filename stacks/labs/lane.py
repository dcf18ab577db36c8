"""What a lane owns and no other lane touches: its curated database and the crawlers that fill it."""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

from constructs import Construct

from pipeline.steps import Kind
from stacks.constructs.dataset_crawlers import DatasetCrawlers
from stacks.constructs.project_stack import ProjectStack
from stacks.guards.acknowledgement import acknowledge
from stacks.zones.data_zone import DataZone

ELSEWHERE = "Its security configuration encrypts logs, and stands in the data zone, where the check can't look"


class Lane(DatasetCrawlers):
    """`crawler_arns` and `job_arns` are all that the lane's runs start, its own and what lanes share."""

    def __init__(self, scope: Construct, *, name: str, data: DataZone) -> None:
        super().__init__(
            scope, "Lane", pipeline=data.pipeline, settings=data.settings, protection=data.protection, lane=name
        )
        for crawler in self.crawlers:
            acknowledge(crawler, "AwsSolutions-GL1", reason=ELSEWHERE)
        self.lane = name
        self.crawler_arns, self.job_arns = (
            tuple(ProjectStack.of(scope).format_arn(service="glue", resource=f"{type}/{name}") for name in started)
            for type, started in (
                ("crawler", data.started(Kind.CRAWL, name)),
                ("job", data.started(Kind.JOB, name)),
            )
        )
