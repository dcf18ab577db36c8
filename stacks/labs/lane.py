"""What a lane owns and no other lane touches: its curated database and the crawler that fills it."""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

from constructs import Construct

from pipeline.layout import curated_prefix
from pipeline.steps import PIPELINE, Kind
from stacks.constructs.dataset_crawler import DatasetCrawler
from stacks.constructs.project_stack import ProjectStack
from stacks.guards.acknowledgement import acknowledge
from stacks.zones.data_zone import DataZone


class Lane(DatasetCrawler):
    """The crawler of every crawl step but the shared first one; `crawler_names` are all that the lane starts."""

    def __init__(self, scope: Construct, *, name: str, data: DataZone) -> None:
        stack = ProjectStack.of(scope)
        names = data.names
        shared, own = [step for step in PIPELINE.steps if step.kind is Kind.CRAWL]
        super().__init__(
            scope,
            "Lane",
            crawler_name=names.crawler(own.name, name),
            database_name=names.curated_database(name),
            bucket_name=names.data_bucket,
            prefixes=[curated_prefix(name, dataset) for dataset in data.settings.datasets],
            security_configuration=data.security_configuration,
            key=data.key,
            removal=data.removal,
            only_adds_columns=True,  # as contracts do
        )
        acknowledge(
            self.crawler,
            "AwsSolutions-GL1",
            reason="Its security configuration encrypts logs, and stands in the data zone, where the check can't look",
        )
        self.lane = name
        self.crawler_arns = tuple(
            stack.format_arn(service="glue", resource=f"crawler/{names.crawler(step.name, name)}")
            for step in (shared, own)
        )
        self.job_arns = tuple(stack.format_arn(service="glue", resource=f"job/{job}") for job in names.jobs)
