"""A database and the crawler that fills it: one table per dataset, named after its folder. It has no schedule."""

from __future__ import annotations

import json
from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.access.grants import allow
from stacks.access.lake_access import listing, locating, reading
from stacks.constructs.glue_role import GlueRole

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


class DatasetCrawler(Construct):
    """`database` and `crawler` over `s3://<bucket>/<prefix>` for each prefix.

    exclusions: globs of keys to pass over, relative to the prefix; `**` crosses folders.
    only_adds_columns: columns in the catalog are never removed nor their types changed.
    https://docs.aws.amazon.com/glue/latest/dg/crawler-schema-changes-prevent.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        crawler_name: str,
        database_name: str,
        bucket_name: str,
        prefixes: Sequence[str],
        exclusions: Sequence[str] = (),
        security_configuration: str,
        key: kms.IKey,
        removal: cdk.RemovalPolicy,
        only_adds_columns: bool = False,
    ) -> None:
        super().__init__(scope, id)
        stack = cdk.Stack.of(self)
        self.database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=stack.account,
            # CloudFormation's own name of it, by which a database that outlived its stack is adopted.
            database_name=database_name,
            database_input=glue.CfnDatabase.DatabaseInputProperty(name=database_name),
        )
        self.database.apply_removal_policy(removal)
        role = GlueRole(self, "Role", description=f"Crawls into {database_name}", key=key)
        allow(
            role,
            locating(stack.partition, bucket_name),
            listing(stack.partition, bucket_name, prefixes),
            reading(stack.partition, bucket_name, prefixes),
        )
        role.may_use_tables(database_name, actions=CATALOGUING)
        self.crawler = glue.CfnCrawler(
            self,
            "Crawler",
            name=crawler_name,
            role=role.role_arn,
            database_name=database_name,
            targets=glue.CfnCrawler.TargetsProperty(
                s3_targets=[
                    glue.CfnCrawler.S3TargetProperty(
                        path=f"s3://{bucket_name}/{prefix}", exclusions=list(exclusions) or None
                    )
                    for prefix in prefixes
                ]
            ),
            schema_change_policy=glue.CfnCrawler.SchemaChangePolicyProperty(
                update_behavior="UPDATE_IN_DATABASE", delete_behavior="LOG"
            ),
            recrawl_policy=glue.CfnCrawler.RecrawlPolicyProperty(recrawl_behavior="CRAWL_EVERYTHING"),
            configuration=json.dumps(
                {
                    "Version": 1.0,
                    "CrawlerOutput": INHERITING | (ONLY_ADDING if only_adds_columns else {}),
                    # Without it, two files of one dataset whose inferred types differ become two tables.
                    "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"},
                }
            ),
            crawler_security_configuration=security_configuration,
        )
        self.crawler.node.add_dependency(self.database, role)
