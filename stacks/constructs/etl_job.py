"""One Glue job: the script of its step, the project's packages, a role of its own, and no retries of its own.

Retries belong to the orchestrator, and so does the lane: a run passes `--lane`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from config.settings import Settings
from pipeline.steps import Step
from stacks.access.grants import Grant, allow
from stacks.constructs.glue_role import GlueRole
from stacks.constructs.project_code import ROOT, JobPackages
from stacks.constructs.protection import Protection


class EtlJob(Construct):
    """`job` and its `role`; `arguments` are the defaults that a run does not pass."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        step: Step,
        arguments: Mapping[str, str],
        packages: JobPackages,
        settings: Settings,
        protection: Protection,
    ) -> None:
        super().__init__(scope, id)
        name, size = settings.names.resource(step), settings.glue
        self.role = GlueRole(self, "Role", description=f"Job {name}", key=protection.key)
        self.role.may_publish_metrics()
        script = assets.Asset(self, "Script", path=str(ROOT / "glue_scripts" / f"{step.name}.py"))
        allow(
            self.role,
            Grant(
                actions=("s3:GetObject",),
                resources=tuple(
                    f"arn:{cdk.Stack.of(self).partition}:s3:::{asset.s3_bucket_name}/{asset.s3_object_key}"
                    for asset in (script, packages)
                ),
            ),
            packages.pyarrow.grant,
        )
        self.job = glue.CfnJob(
            self,
            "Job",
            name=name,
            role=self.role.role_arn,
            glue_version=size.version,
            worker_type=size.worker_type,
            number_of_workers=size.workers,
            max_retries=0,
            timeout=math.ceil(step.timeout_seconds / 60),
            execution_property=glue.CfnJob.ExecutionPropertyProperty(max_concurrent_runs=size.max_concurrent_runs),
            command=glue.CfnJob.JobCommandProperty(
                name="glueetl", python_version="3", script_location=script.s3_object_url
            ),
            default_arguments={
                **{f"--{argument}": value for argument, value in arguments.items()},
                "--extra-py-files": packages.s3_object_url,
                "--additional-python-modules": packages.pyarrow.s3_url,
                # pip must find all in that wheel: no package index is asked, none has to be reached.
                "--python-modules-installer-option": "--no-index",
                "--job-bookmark-option": "job-bookmark-disable",
            },
            security_configuration=protection.security_configuration,
        )
        self.job.node.add_dependency(self.role)
