"""The jobs of the pipeline, each with the reach that `stacks.access.job_needs` gives it."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from config.settings import Settings
from pipeline.names import Names
from pipeline.steps import Kind, Pipeline
from stacks.access.grants import Grant, allow
from stacks.access.job_needs import NEEDS, JobNeeds
from stacks.access.lake_access import deleting, listing, listing_versions, locating, reading, reading_versions, writing
from stacks.constructs.construct_id import construct_id
from stacks.constructs.etl_job import EtlJob
from stacks.constructs.project_code import JobPackages
from stacks.constructs.protection import Protection
from stacks.constructs.warehouse import Warehouse

READING_TABLES = ("glue:GetTable",)


class LakeJobs(Construct):
    """A job for each step that is one."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        pipeline: Pipeline,
        warehouse: Warehouse,
        copy_role: iam.IRole,
        protection: Protection,
    ) -> None:
        super().__init__(scope, id)
        names = settings.names
        packages = JobPackages(self, "Packages", glue_version=settings.glue.version)
        values = {
            "region": cdk.Stack.of(self).region,
            "bucket": names.data_bucket,
            "datasets": ",".join(settings.datasets),
            "code_version": packages.code_version,
            "curated_database_prefix": names.curated_database_prefix,
            "workgroup": names.warehouse,
            "database": settings.redshift.database,
            "schema_prefix": settings.redshift.schema_prefix,
            "secret_arn": warehouse.admin_secret,
            "copy_role_arn": copy_role.role_arn,
        }
        for step in pipeline.of(Kind.JOB):
            needs = NEEDS[step.name]
            job = EtlJob(
                self,
                construct_id(step.name),
                step=step,
                arguments={name: values[name] for name in ("region", "bucket", "datasets", *needs.arguments)},
                packages=packages,
                settings=settings,
                protection=protection,
            )
            _grant(job, needs, names=names)
            if step.uses_warehouse:
                _grant_warehouse(job, warehouse)


def _grant(job: EtlJob, needs: JobNeeds, *, names: Names) -> None:
    partition, bucket = cdk.Stack.of(job).partition, names.data_bucket
    allow(
        job.role,
        listing(partition, bucket, needs.lists),
        reading(partition, bucket, needs.reads),
    )
    if needs.pins:
        allow(
            job.role, listing_versions(partition, bucket, needs.pins), reading_versions(partition, bucket, needs.pins)
        )
    if needs.spark_reads:
        allow(job.role, locating(partition, bucket))
    if needs.writes:
        allow(job.role, writing(partition, bucket, needs.writes, in_parts=needs.in_parts))
    if needs.deletes:
        allow(job.role, deleting(partition, bucket, needs.deletes))
    if needs.curated_tables:
        job.role.may_use_tables(f"{names.curated_database_prefix}*", actions=READING_TABLES)


def _grant_warehouse(job: EtlJob, warehouse: Warehouse) -> None:
    allow(
        job.role,
        Grant(
            actions=("redshift-data:ExecuteStatement", "redshift-data:BatchExecuteStatement"),
            resources=(warehouse.workgroup_arn,),
        ),
        Grant(
            actions=(
                "redshift-data:DescribeStatement",
                "redshift-data:GetStatementResult",
                "redshift-data:CancelStatement",
            ),
            resources=("*",),
            conditions={"StringEquals": {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}},
            reason="A statement has no ARN: these actions take no resource; the condition keeps to the job's own",
        ),
        Grant(
            actions=("secretsmanager:GetSecretValue",),
            resources=(warehouse.admin_secret_arns,),
            reason="Secrets Manager ends each ARN with six characters of its own",
        ),
    )
