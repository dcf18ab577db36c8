"""The project's own stacks on day two: changed settings over an older deployment, destroyed, and made again.

Without the Airflow lab, whose environment boots for half a minute; its rules are in
tests/unit/local_aws/deployer/test_updates.py.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# First of all: it tells jsii which Node to start, before anything imports aws_cdk.
from stacks.app import make_app  # isort: skip

from config.loading import load_settings
from config.network import NetworkSettings
from config.settings import Settings
from config.trigger import TriggerSettings
from config.warehouse import RedshiftSettings
from local_aws.composition import LocalAws
from local_aws.deployer import DeployFailed, Deployment, DeployRefused, deploy, destroy
from local_aws.deployer.deploy import gateway_clients
from tests.behaviour.local_aws.conftest import until
from tests.moto_memory import forget

WITHOUT = "Airflow-Lab"


@pytest.fixture(scope="module")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, tuple[str, ...]]]:
    """`synthesised(trigger=...)`: dev's assembly with these settings, and its stacks without the Airflow lab."""
    made: dict[str, tuple[Path, tuple[str, ...]]] = {}

    def of(environment: str = "dev", **changed: Any) -> tuple[Path, tuple[str, ...]]:
        known = f"{environment} {sorted(changed.items())}"
        if known not in made:
            settings: Settings = load_settings(environment=environment, environ={})
            folder = tmp_path_factory.mktemp("assembly")
            make_app(settings.model_copy(update=changed), outdir=folder, validate=False).synth()
            artifacts = json.loads((folder / "manifest.json").read_text())["artifacts"]
            stacks = (name for name, one in artifacts.items() if one["type"] == "aws:cloudformation:stack")
            made[known] = folder, tuple(name for name in stacks if not name.endswith(WITHOUT))
        return made[known]

    return of


class Account:
    """A gateway, and deploys to it."""

    def __init__(self, local: LocalAws, synthesised: Callable[..., tuple[Path, tuple[str, ...]]]) -> None:
        self._local, self._synthesised = local, synthesised
        self.client = gateway_clients(local.endpoint, "us-east-1")

    def deploy(
        self, environment: str = "dev", *, adopting: bool = False, imports: Any = None, **changed: Any
    ) -> Deployment:
        assembly, stacks = self._synthesised(environment, **changed)
        return deploy(
            assembly=assembly, endpoint=self._local.endpoint, stacks=stacks, adopting=adopting, imports=imports
        )

    def destroy(self, *, unprotect: bool = False) -> list[tuple[str, str]]:
        """(action, type) of every resource."""
        return [(one.action, one.type) for one in destroy(endpoint=self._local.endpoint, unprotect=unprotect)]


@pytest.fixture
def account(tmp_path: Path, synthesised: Callable[..., tuple[Path, tuple[str, ...]]]) -> Iterator[Account]:
    forget()
    local = LocalAws(state=tmp_path / "gateway")
    local.start()
    yield Account(local, synthesised)
    local.stop()


def done(deployment: Deployment) -> set[tuple[str, str]]:
    return {(change.action, change.type) for change in deployment.changes}


def test_a_changed_trigger_changes_rules_only_and_an_upload_during_a_run_is_not_missed(account: Account) -> None:
    account.deploy()
    nightly = TriggerSettings(on_upload=False, schedule="cron(0 3 * * ? *)")
    assert done(account.deploy(trigger=nightly)) == {("update", "AWS::Events::Rule")}
    assert done(account.deploy(trigger=TriggerSettings(on_upload=True))) == {("update", "AWS::Events::Rule")}

    glue, s3 = account.client("glue"), account.client("s3")
    workflow, bucket = "nf1-dev-csv_to_parquet", "nf1-dev-data-123456789012-us-east-1"
    glue.update_crawler(Name="nf1-dev-crawl_raw", Targets={"S3Targets": [{"Path": f"s3://{bucket}/landing/none/"}]})
    glue.delete_trigger(Name="nf1-dev-after-crawl_raw")  # a run is its first crawl, so that no Spark starts here
    holding = glue.start_workflow_run(Name=workflow)["RunId"]
    s3.put_object(Bucket=bucket, Key="landing/flights/a.csv", Body=b"year\n")
    runs = until(lambda: glue.get_workflow_runs(Name=workflow)["Runs"], lambda found: len(found) > 1)
    assert [run["WorkflowRunId"] for run in runs][-1] == holding
    assert done(account.deploy()) == {("update", "AWS::Events::Rule")}


def test_a_subnet_in_another_zone_is_refused_since_its_addresses_are_taken(account: Account) -> None:
    account.deploy()
    network = load_settings(environment="dev", environ={}).network
    moved = NetworkSettings(**{**network.model_dump(), "zones": ("a", "d")})
    with pytest.raises(
        DeployRefused, match=r"AWS::EC2::Subnet\): the block 10\.42\.\d+\.0/\d+ of vpc-\w+ is \w+'s until"
    ):
        account.deploy(network=moved)
    assert account.deploy().changes == ()


def test_another_address_block_replaces_the_network_and_leaves_data_alone(account: Account) -> None:
    account.deploy()
    network = load_settings(environment="dev", environ={}).network
    changed = account.deploy(network=NetworkSettings(**{**network.model_dump(), "cidr": "10.99.0.0/16"}))
    replaced = {kind for action, kind in done(changed) if action == "replace"}
    assert {"AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::SecurityGroup"} <= replaced
    assert not replaced & {"AWS::S3::Bucket", "AWS::KMS::Key", "AWS::RedshiftServerless::Namespace"}
    assert ("update", "AWS::RedshiftServerless::Workgroup") in done(changed)
    workgroup = account.client("redshift-serverless").get_workgroup(workgroupName="nf1-dev-warehouse")["workgroup"]
    there = {ref for change in changed.changes for ref in [change.resource] if change.action == "delete"}
    assert any("Subnet" in one for one in there)
    assert len(workgroup["subnetIds"]) == 3


def test_another_schema_prefix_changes_what_jobs_are_told(account: Account) -> None:
    account.deploy()
    redshift = load_settings(environment="dev", environ={}).redshift
    changed = account.deploy(redshift=RedshiftSettings(**{**redshift.model_dump(), "schema_prefix": "other_"}))
    assert done(changed) == {("update", "AWS::Glue::Job")}
    job = account.client("glue").get_job(JobName="nf1-dev-load_warehouse")["Job"]
    assert job["DefaultArguments"]["--schema_prefix"] == "other_"


def test_another_prefix_is_another_set_of_stacks_and_the_old_ones_are_named(account: Account) -> None:
    old = account.deploy()
    new = account.deploy(prefix="NF2")
    assert {action for action, _ in done(new)} == {"create"}
    assert set(new.elsewhere) == {resource.split("/")[0] for resource, _, _ in old.resources}


def test_dev_is_destroyed_without_a_rest_and_made_again(account: Account) -> None:
    account.deploy()
    bucket = "nf1-dev-data-123456789012-us-east-1"
    account.client("s3").put_object(Bucket=bucket, Key="landing/flights/a.csv", Body=b"year\n")
    assert {action for action, _ in account.destroy()} == {"delete"}
    left = [one["Name"] for one in account.client("s3").list_buckets()["Buckets"] if one["Name"].startswith("nf1-")]
    assert left == []
    assert account.client("glue").list_workflows()["Workflows"] == []
    assert {action for action, _ in done(account.deploy())} == {"create"}
    assert account.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_prod_keeps_data_keys_and_audit_and_adopts_them_again(account: Account) -> None:
    first = account.deploy("prod")
    bucket = "nf1-prod-data-123456789012-us-east-1"
    s3 = account.client("s3")
    s3.put_object(Bucket=bucket, Key="landing/flights/a.csv", Body=b"year\n")
    [(key_resource, _, key)] = [one for one in first.resources if one[1] == "AWS::KMS::Key"]

    with pytest.raises(DeployRefused, match="cannot be deleted while TerminationProtection is enabled"):
        account.destroy()
    kept = sorted(kind for action, kind in account.destroy(unprotect=True) if action == "retain")
    assert kept == [
        *["AWS::Glue::Database"] * 3,
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::RedshiftServerless::Namespace",
        *["AWS::S3::Bucket"] * 2,
    ]

    with pytest.raises(DeployFailed, match=r"already exists.*adopt it \(--import-existing-resources\)"):
        account.deploy("prod", imports={key_resource.split("/")[1]: {"KeyId": key}})
    again = account.deploy("prod", adopting=True, imports={key_resource.split("/")[1]: {"KeyId": key}})
    assert [one[2] for one in again.resources if one[1] == "AWS::KMS::Key"] == [key]
    assert s3.get_object(Bucket=bucket, Key="landing/flights/a.csv")["Body"].read() == b"year\n"
    assert account.deploy("prod").changes == ()
