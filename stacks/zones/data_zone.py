"""NF1-DataZone: the lake's bucket, the raw catalog, the four jobs, and the topic of outcomes."""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

from constructs import Construct

from config.settings import Settings
from pipeline.layout import CONTROL, landing_prefix
from pipeline.steps import PIPELINE
from stacks.constructs.data_bucket import ATHENA, DataBucket
from stacks.constructs.dataset_crawler import DatasetCrawler
from stacks.constructs.lake_jobs import LakeJobs
from stacks.constructs.lake_security import LakeSecurity
from stacks.constructs.outcome_topic import OutcomeTopic
from stacks.constructs.project_stack import ProjectStack
from stacks.constructs.query_workgroup import QueryWorkgroup
from stacks.zones.landing_zone import LandingZone
from stacks.zones.redshift import Redshift


class DataZone(ProjectStack):
    """Gives `bucket`, `topic`, `jobs` and `security_configuration`; what belongs to one lane is in that lane's lab."""

    def __init__(self, scope: Construct, *, settings: Settings, zone: LandingZone, redshift: Redshift) -> None:
        super().__init__(scope, "DataZone", settings=settings, description="Data bucket, raw catalog, jobs and topic")
        names = self.names
        self.key = zone.key
        self.bucket = DataBucket(
            self,
            "Data",
            bucket_name=names.data_bucket,
            encryption_key=zone.key,
            access_logs_bucket=names.logging_bucket,
            removal=self.removal,
        )
        security = LakeSecurity(
            self, "Security", name=names.slug, key=zone.key, encrypt_logs=settings.glue.encrypt_logs
        )
        self.security_configuration = names.slug
        self.raw = DatasetCrawler(
            self,
            "Raw",
            crawler_name=names.crawler(PIPELINE.steps[0].name, lane=""),
            database_name=names.raw_database,
            bucket_name=names.data_bucket,
            prefixes=[landing_prefix(dataset) for dataset in settings.datasets],
            exclusions=[f"**{CONTROL}"],
            security_configuration=self.security_configuration,
            key=zone.key,
            removal=self.removal,
        )
        self.jobs = LakeJobs(
            self,
            "Jobs",
            settings=settings,
            security_configuration=self.security_configuration,
            key=zone.key,
            warehouse=redshift.warehouse,
            copy_role=redshift.copy_role,
        )
        for user in (self.raw, self.jobs):
            user.node.add_dependency(security)
        self.topic = OutcomeTopic(
            self, "Outcomes", name=names.outcomes, key=zone.key, email=settings.notification_email
        )
        QueryWorkgroup(
            self,
            "Queries",
            name=names.slug,
            results=f"s3://{names.data_bucket}/{ATHENA}",
            key=zone.key,
        )
