"""An MWAA environment at the gateway, as a deployment makes it."""

from __future__ import annotations

from typing import Any

from tests.behaviour.local_aws.conftest import ROLE, Gateway, until

BOOT_SECONDS = 200.0


def environment(gateway: Gateway, dag: str) -> tuple[str, dict[str, Any]]:
    """(name, description) once creation has ended."""
    bucket, name, mwaa = gateway.bucket(), gateway.name("airflow"), gateway.client("mwaa")
    gateway.client("s3").put_object(Bucket=bucket, Key="dags/one.py", Body=dag.encode())
    mwaa.create_environment(
        Name=name,
        DagS3Path="dags",
        ExecutionRoleArn=ROLE,
        SourceBucketArn=f"arn:aws:s3:::{bucket}",
        NetworkConfiguration={"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
        AirflowConfigurationOptions={"pipeline.slug": "nf1"},
    )
    shown = until(
        lambda: mwaa.get_environment(Name=name)["Environment"], lambda one: one["Status"] != "CREATING", BOOT_SECONDS
    )
    return name, shown
