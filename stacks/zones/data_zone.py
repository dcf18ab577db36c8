"""NF1-DataZone: the lake's bucket, the raw catalog, the jobs, and the topic of outcomes."""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

from constructs import Construct

from config.settings import Settings
from pipeline.steps import PIPELINE, Kind, Pipeline
from stacks.constructs.data_bucket import ATHENA, DataBucket
from stacks.constructs.dataset_crawlers import DatasetCrawlers
from stacks.constructs.lake_jobs import LakeJobs
from stacks.constructs.lake_security import LakeSecurity
from stacks.constructs.outcome_topic import OutcomeTopic
from stacks.constructs.project_stack import ProjectStack
from stacks.constructs.query_workgroup import QueryWorkgroup
from stacks.zones.landing_zone import LandingZone
from stacks.zones.redshift import Redshift


class DataZone(ProjectStack):
    """Gives `topic`, `protection` and `pipeline`; what belongs to one lane is in that lane's lab."""

    def __init__(
        self,
        scope: Construct,
        *,
        settings: Settings,
        zone: LandingZone,
        redshift: Redshift,
        pipeline: Pipeline = PIPELINE,
    ) -> None:
        super().__init__(scope, "DataZone", settings=settings, description="Data bucket, raw catalog, jobs and topic")
        names = self.names
        self.pipeline, self.protection = pipeline, zone.protection
        key = self.protection.key
        DataBucket(
            self,
            "Data",
            bucket_name=names.data_bucket,
            access_logs_bucket=names.logging_bucket,
            protection=self.protection,
        )
        security = LakeSecurity(
            self, "Security", name=names.security_configuration, key=key, encrypt_logs=settings.glue.encrypt_logs
        )
        raw = DatasetCrawlers(self, "Raw", pipeline=pipeline, settings=settings, protection=self.protection)
        jobs = LakeJobs(
            self,
            "Jobs",
            settings=settings,
            pipeline=pipeline,
            warehouse=redshift.warehouse,
            copy_role=redshift.copy_role,
            protection=self.protection,
        )
        for user in (raw, jobs):
            user.node.add_dependency(security)
        self.topic = OutcomeTopic(self, "Outcomes", name=names.outcomes, key=key, email=settings.notification_email)
        QueryWorkgroup(
            self, "Queries", name=names.query_workgroup, results=f"s3://{names.data_bucket}/{ATHENA}", key=key
        )

    def started(self, kind: Kind, lane: str) -> list[str]:
        """Names of the jobs or crawlers that runs of the lane start."""
        return [self.names.resource(step, lane) for step in self.pipeline.of(kind)]
