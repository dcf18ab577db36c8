"""Managed Airflow: environment, log groups with retention, security group."""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_mwaa as mwaa
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config.airflow import MICRO
from config.settings import Settings
from stacks.constructs.airflow_caller import AirflowCallers
from stacks.constructs.dag_upload import PREFIX
from stacks.constructs.network import PRIVATE
from stacks.constructs.protection import Protection
from stacks.constructs.secure_log_group import SecureLogGroup

LANE = "airflow"
LOGS = {
    "DAGProcessing": "dag_processing_logs",
    "Scheduler": "scheduler_logs",
    "Task": "task_logs",
    "WebServer": "webserver_logs",
    "Worker": "worker_logs",
}
"""Suffix of the log group's name, which MWAA decides, and the setting it belongs to."""


class AirflowEnvironment(Construct):
    """Its DAG knows its lane's publisher."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        callers: AirflowCallers,
        bucket: s3.IBucket,
        role: iam.IRole,
        protection: Protection,
    ) -> None:
        super().__init__(scope, id)
        airflow, vpc, name = settings.airflow, callers.vpc, settings.names.airflow_environment
        shape = mwaa.CfnEnvironment
        # MWAA creates a missing group itself, and then its logs are kept for ever.
        groups = [
            SecureLogGroup(self, f"{suffix}Log", log_group_name=f"airflow-{name}-{suffix}", protection=protection)
            for suffix in LOGS
        ]
        members = ec2.SecurityGroup(self, "Members", vpc=vpc, description="Schedulers, workers and web servers of MWAA")
        members.add_ingress_rule(members, ec2.Port.all_traffic(), "Among themselves")
        if callers.members:
            members.add_ingress_rule(callers.members, ec2.Port.tcp(443), "Functions that call the private web server")
        one = {"schedulers": 1, "min_webservers": 1, "max_webservers": 1} if airflow.environment_class == MICRO else {}
        module = shape.ModuleLoggingConfigurationProperty(enabled=True, log_level="INFO")
        environment = shape(
            self,
            "Environment",
            name=name,
            airflow_version=airflow.version,
            environment_class=airflow.environment_class,
            min_workers=airflow.min_workers,
            max_workers=airflow.max_workers,
            **one,
            source_bucket_arn=bucket.bucket_arn,
            dag_s3_path=PREFIX,
            execution_role_arn=role.role_arn,
            kms_key=protection.key.key_arn,
            webserver_access_mode=airflow.web_server_access,
            # Airflow reads them as AIRFLOW__PIPELINE__<KEY>.
            airflow_configuration_options={
                "pipeline.slug": settings.names.slug,
                "pipeline.bucket": settings.names.data_bucket,
                "pipeline.publisher": settings.names.publisher(LANE),
                "pipeline.poll_seconds": str(airflow.poll_seconds),
            },
            logging_configuration=shape.LoggingConfigurationProperty(**dict.fromkeys(LOGS.values(), module)),
            network_configuration=shape.NetworkConfigurationProperty(
                subnet_ids=vpc.select_subnets(subnet_group_name=PRIVATE.subnet_group_name).subnet_ids,
                security_group_ids=[members.security_group_id],
            ),
        )
        environment.node.add_dependency(*groups, role)
