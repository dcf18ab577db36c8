"""NF1-Airflow-Lab: the pipeline as a DAG on MWAA, with its lane and the function that starts it on upload."""

# pyright: reportArgumentType=false
# jsii's stubs do not know that a class implements its own interface.

from __future__ import annotations

from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config.settings import Settings
from stacks.constructs.airflow_caller import AirflowCallers
from stacks.constructs.airflow_environment import LANE, AirflowEnvironment
from stacks.constructs.dag_upload import DagUpload
from stacks.constructs.logged_function import LoggedFunction
from stacks.constructs.project_stack import ProjectStack
from stacks.constructs.run_trigger import RunTrigger
from stacks.constructs.secure_log_group import SecureLogGroup
from stacks.labs.airflow_role import AirflowRole
from stacks.labs.lane import Lane
from stacks.labs.outcome_publisher import DagOutcomes
from stacks.zones.data_zone import DataZone
from stacks.zones.landing_zone import LandingZone

FOLDER = "start_dag"


class AirflowLab(ProjectStack):
    """Needs the data zone and the network."""

    def __init__(self, scope: Construct, *, settings: Settings, zone: LandingZone, data: DataZone) -> None:
        super().__init__(scope, "Airflow-Lab", settings=settings, description="The pipeline as an Airflow DAG on MWAA")
        names = self.names
        lane = Lane(self, name=LANE, data=data)
        role = AirflowRole(
            self,
            "Role",
            environment_name=names.airflow_environment,
            bucket_name=names.data_bucket,
            key=zone.protection.key,
            lane=lane,
        )
        callers = AirflowCallers(self, "Callers", vpc=zone.network.vpc, settings=settings)
        DagOutcomes(self, "Outcomes", data=data, lane=lane.lane, callers=callers).may_be_called_by(role)
        upload_log = SecureLogGroup(
            self, "UploadLog", log_group_name=names.log_group("dag-upload"), protection=zone.protection
        )
        # By name, which stands in findings and policies as it is; the data zone comes first through its topic.
        bucket = s3.Bucket.from_bucket_attributes(
            self, "Data", bucket_name=names.data_bucket, encryption_key=zone.protection.key
        )
        upload = DagUpload(self, "Upload", bucket=bucket, log_group=upload_log)
        airflow = AirflowEnvironment(
            self,
            "Airflow",
            settings=settings,
            callers=callers,
            bucket=bucket,
            role=role,
            protection=zone.protection,
        )
        airflow.node.add_dependency(upload, lane)
        starter = LoggedFunction(
            self,
            "Start",
            entry=f"{FOLDER}.handler",
            function_name=names.function(FOLDER),
            environment={"ENVIRONMENT": names.airflow_environment, "DAG": names.dag},
            callers=callers,
            protection=zone.protection,
        )
        callers.may_call(starter.own_role)
        RunTrigger(
            self,
            "StartRule",
            trigger=settings.trigger,
            bucket_name=names.data_bucket,
            target=targets.LambdaFunction(starter, dead_letter_queue=starter.dead_letters),
        )
