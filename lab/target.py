"""Where a command's pipeline runs: the local AWS or an AWS account, with clients and names for it.

The clients are plain boto3 and know nothing of the difference but an endpoint.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from config.loading import ENVIRONMENT_VARIABLE, load_settings
from config.settings import Settings
from config.target import ACCOUNT_VARIABLE, REGION_VARIABLE
from lab.clock import Clock
from lab.control import AwsMeter, Control, LocalMeter
from lab.experiment import Scene
from lab.local_home import LocalHome
from lab.measure.mailbox import Mailbox
from lab.measure.warehouse import RowCounts
from lab.orchestrators.airflow import AirflowDag
from lab.orchestrators.glue import GlueWorkflow
from lab.orchestrators.run_state import Orchestrator
from lab.orchestrators.stepfunctions import StateMachine, execution_arn
from lake.contracts import dataset_contract
from pipeline.errors import ConfigInvalid
from pipeline.names import Names

# The local AWS takes any unknown key for the operator.
LOCAL_KEY = "lab"


@dataclass(frozen=True, kw_only=True)
class Target:
    """`endpoint` and `control` only for the local AWS."""

    on: str
    names: Names
    settings: Settings
    session: boto3.Session
    endpoint: str | None = None
    control: Control | None = None

    def client(self, service: str) -> Any:
        # MWAA's API sits on hosts `api.` and `env.`, which a loopback address cannot be prefixed with.
        config = Config(
            inject_host_prefix=self.endpoint is None,
            retries={"mode": "standard", "max_attempts": 5},
            connect_timeout=5,
            read_timeout=60,
        )
        return self.session.client(cast(Any, service), endpoint_url=self.endpoint, config=config)

    @property
    def machine_arn(self) -> str:
        names = self.names
        partition = self.session.get_partition_for_region(names.region)
        return f"arn:{partition}:states:{names.region}:{names.account}:stateMachine:{names.state_machine}"

    def orchestrator(self, lane: str) -> Orchestrator:
        resources = self.names.resources(lane)
        if lane == "glue":
            nodes = {name: step for step, name in resources.items()}
            return GlueWorkflow(glue=self.client("glue"), workflow=self.names.workflow, nodes=nodes)
        if lane == "stepfunctions":
            return StateMachine(states=self.client("stepfunctions"), machine_arn=self.machine_arn)
        return AirflowDag(
            mwaa=self.client("mwaa"),
            glue=self.client("glue"),
            environment=self.names.airflow_environment,
            jobs=resources,
        )

    def scene(self, clock: Clock) -> Scene:
        """Raises ClientError where the pipeline is not deployed."""
        settings, names = self.settings, self.names
        sqs = self.client("sqs")
        queue_url = sqs.get_queue_url(QueueName=names.outcomes)["QueueUrl"]
        warehouse = RowCounts(
            redshift_data=self.client("redshift-data"),
            workgroup=names.warehouse,
            database=settings.redshift.database,
            secret_arn=self._secret_arn(),
            sleep=clock.sleep,
        )
        return Scene(
            on=self.on,
            bucket=names.data_bucket,
            datasets=tuple(settings.datasets),
            resources=names.resources,
            schema=settings.redshift.schema_of,
            rpu=settings.redshift.base_capacity_rpu,
            mwaa_class=settings.airflow.environment_class,
            s3=self.client("s3"),
            glue=self.client("glue"),
            warehouse=warehouse,
            mailbox=Mailbox(sqs=sqs, queue_url=queue_url, monotonic=clock.monotonic, sleep=clock.sleep),
            meter=self._meter(),
            contracts={dataset: dataset_contract(dataset) for dataset in settings.datasets},
        )

    def _meter(self) -> LocalMeter | AwsMeter:
        if self.control is None:
            return AwsMeter()
        return LocalMeter(control=self.control, execution_arn=partial(execution_arn, self.machine_arn))

    def _secret_arn(self) -> str | None:
        serverless = self.client("redshift-serverless")
        namespace = serverless.get_namespace(namespaceName=self.names.warehouse)["namespace"]
        return namespace.get("adminPasswordSecretArn")


def local_target(home: LocalHome) -> Target:
    """The local AWS as `lab up` left it; raises ConfigInvalid with the remedy if it is not up."""
    endpoint = home.endpoint()
    if endpoint is None:
        raise ConfigInvalid("the local AWS is not up; `lab up` and `lab deploy` first, or `lab demo` for all at once")
    control = Control(endpoint=endpoint)
    if not control.healthy():
        raise ConfigInvalid(f"the local AWS at {endpoint} does not answer; `lab down`, `lab up`, then `lab deploy`")
    # The user's own account and region have no say here.
    environment = {name: value for name, value in os.environ.items() if name == ENVIRONMENT_VARIABLE}
    settings = load_settings(environ=environment)
    session = boto3.Session(
        aws_access_key_id=LOCAL_KEY,
        aws_secret_access_key=LOCAL_KEY,
        region_name=settings.names.region,
    )
    return Target(
        on="local", names=settings.names, settings=settings, session=session, endpoint=endpoint, control=control
    )


def aws_target() -> Target:
    """The account of the caller's own credentials; raises ConfigInvalid if there are none or no region."""
    session = boto3.Session()
    if session.region_name is None:
        raise ConfigInvalid("--on aws needs a region; set AWS_DEFAULT_REGION, or region in the profile AWS_PROFILE")
    try:
        account = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise ConfigInvalid(f"--on aws needs credentials; set AWS_PROFILE ({error})") from error
    settings = load_settings(environ={**os.environ, ACCOUNT_VARIABLE: account, REGION_VARIABLE: session.region_name})
    return Target(on="aws", names=settings.names, settings=settings, session=session)
