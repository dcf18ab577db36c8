"""A database and the crawlers that fill it: one table per dataset, named after its folder. They have no schedule."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from constructs import Construct

from config.settings import Settings
from pipeline.layout import CONTROL, curated_prefix, landing_prefix
from pipeline.steps import Crawled, Kind, Pipeline
from stacks.access.grants import allow
from stacks.access.lake_access import listing, locating, reading
from stacks.constructs.construct_id import construct_id
from stacks.constructs.glue_role import GlueRole
from stacks.constructs.protection import Protection

CATALOGUING = (
    "glue:GetDatabase",
    "glue:GetTable",
    "glue:GetTables",
    "glue:CreateTable",
    "glue:UpdateTable",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:BatchGetPartition",
    "glue:BatchCreatePartition",
    "glue:BatchUpdatePartition",
)
# A partition's own schema would stay what it was when the partition was first seen.
INHERITING = {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}
ONLY_ADDING = {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}


class DatasetCrawlers(Construct):
    """`crawlers`, one for each step of the pipeline that crawls landing or, if there is a `lane`, its curated data.

    Of curated data, columns in the catalog are never removed nor their types changed, for contracts only add.
    https://docs.aws.amazon.com/glue/latest/dg/crawler-schema-changes-prevent.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        pipeline: Pipeline,
        settings: Settings,
        protection: Protection,
        lane: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        stack, names = cdk.Stack.of(self), settings.names
        bucket = names.data_bucket
        if lane is None:
            what, database, only_adding = Crawled.LANDING, names.raw_database, {}
            prefixes, exclusions = [landing_prefix(dataset) for dataset in settings.datasets], [f"**{CONTROL}"]
        else:
            what, database, only_adding = Crawled.CURATED, names.curated_database(lane), ONLY_ADDING
            prefixes, exclusions = [curated_prefix(lane, dataset) for dataset in settings.datasets], None
        catalog = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=stack.account,
            # CloudFormation's own name of it, by which a database that outlived its stack is adopted.
            database_name=database,
            database_input=glue.CfnDatabase.DatabaseInputProperty(name=database),
        )
        catalog.apply_removal_policy(protection.removal)
        role = GlueRole(self, "Role", description=f"Crawls into {database}", key=protection.key)
        allow(
            role,
            locating(stack.partition, bucket),
            listing(stack.partition, bucket, prefixes),
            reading(stack.partition, bucket, prefixes),
        )
        role.may_use_tables(database, actions=CATALOGUING)
        shape = glue.CfnCrawler
        self.crawlers: list[glue.CfnCrawler] = []
        for step in (step for step in pipeline.of(Kind.CRAWL) if step.crawls is what):
            crawler = shape(
                self,
                f"{construct_id(step.name)}Crawler" if self.crawlers else "Crawler",
                name=names.resource(step, lane),
                role=role.role_arn,
                database_name=database,
                targets=shape.TargetsProperty(
                    s3_targets=[
                        shape.S3TargetProperty(path=f"s3://{bucket}/{prefix}", exclusions=exclusions)
                        for prefix in prefixes
                    ]
                ),
                schema_change_policy=shape.SchemaChangePolicyProperty(
                    update_behavior="UPDATE_IN_DATABASE", delete_behavior="LOG"
                ),
                recrawl_policy=shape.RecrawlPolicyProperty(recrawl_behavior="CRAWL_EVERYTHING"),
                configuration=json.dumps(
                    {
                        "Version": 1.0,
                        "CrawlerOutput": INHERITING | only_adding,
                        # Without it, two files of one dataset whose inferred types differ become two tables.
                        "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"},
                    }
                ),
                crawler_security_configuration=protection.security_configuration,
            )
            crawler.node.add_dependency(catalog, role)
            self.crawlers.append(crawler)
