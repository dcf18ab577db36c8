"""The project's own stacks: every type and property is known, and what is deployed is what was synthesised."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.composition import LocalAws
from local_aws.deployer import Deployment, deploy
from local_aws.deployer.assembly.assembly import read_assembly
from local_aws.deployer.assembly.resource import Place
from local_aws.deployer.deploy import gateway_clients
from local_aws.deployer.kinds import KINDS
from local_aws.deployer.plan import make_plan
from pipeline.names import PARTS
from tests.checkout import ROOT
from tests.moto_memory import forget

STACKS = {f"NF1-{part}" for part in PARTS}
# Airflow itself boots for half a minute; the pipeline's own suite does that.
LABS = ("NF1-Glue-Lab", "NF1-StepFunctions-Lab")


def synthesised(folder: Path, environment: str, region: str = "us-east-1") -> Path:
    node = Path(sys.prefix) / "bin/node"
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={
            "PATH": f"{node.parent}:/usr/bin:/bin",
            **({"JSII_NODE": str(node)} if node.exists() else {}),
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(ROOT / ".cache/jsii"),
            "NF1_ENVIRONMENT": environment,
            "AWS_DEFAULT_REGION": region,
            "CDK_VALIDATION": "false",
            "CDK_OUTDIR": str(folder),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesised(tmp_path_factory.mktemp("dev"), "dev")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    forget()
    local = LocalAws(state=tmp_path_factory.mktemp("gateway"))
    local.start()
    yield local
    local.stop()


@pytest.fixture(scope="module")
def deployment(gateway: LocalAws, assembly: Path) -> Deployment:
    first = deploy(assembly=assembly, endpoint=gateway.endpoint, stacks=LABS)
    again = deploy(assembly=assembly, endpoint=gateway.endpoint, stacks=LABS)
    assert first.resources == again.resources
    assert again.changes == ()
    return again


@pytest.fixture
def client(gateway: LocalAws) -> Callable[[str], Any]:
    return gateway_clients(gateway.endpoint, "us-east-1")


def test_all_six_stacks_can_be_planned(assembly: Path) -> None:
    plan = make_plan(read_assembly(assembly), kinds=KINDS, place=Place(account="123456789012", region="us-east-1"))
    assert {one.stack.name for one in plan} == STACKS
    assert [one.stack.name for one in plan].index("NF1-LandingZone") == 0


def test_the_stacks_for_china_can_be_planned(tmp_path: Path) -> None:
    folder = synthesised(tmp_path / "cdk.out", "prod", "cn-north-1")
    plan = make_plan(read_assembly(folder), kinds=KINDS, place=Place(account="123456789012", region="cn-north-1"))
    assert len(plan) == len(STACKS)


def test_a_lab_pulls_only_what_it_needs(assembly: Path) -> None:
    names = [stack.name for stack in read_assembly(assembly, ("NF1-Glue-Lab",))]
    assert names[-1] == "NF1-Glue-Lab"
    assert not {"NF1-StepFunctions-Lab", "NF1-Airflow-Lab"} & set(names)


def test_every_jobs_script_and_packages_are_where_the_job_says(
    deployment: Deployment, client: Callable[[str], Any]
) -> None:
    jobs = [ref for _, kind, ref in deployment.resources if kind == "AWS::Glue::Job"]
    assert len(jobs) == 4
    for name in jobs:
        job = client("glue").get_job(JobName=name)["Job"]
        step = name.rsplit("-", 1)[-1]
        script = _object(client, job["Command"]["ScriptLocation"])
        assert script == (ROOT / "glue_scripts" / f"{step}.py").read_bytes()
        packages = zipfile.ZipFile(io.BytesIO(_object(client, job["DefaultArguments"]["--extra-py-files"]))).namelist()
        assert {"pipeline/steps.py", "glue_scripts/__init__.py", "datasets/flights/contract.yaml"} <= set(packages)
        assert not [one for one in packages if one.endswith(".pyc")]
        assert (
            sum(one.endswith("-linux-x86_64.so") for one in packages)
            == sum(one.endswith(".so") for one in packages)
            == 1
        )
        wheel = _object(client, job["DefaultArguments"]["--additional-python-modules"])
        assert "pyarrow/__init__.py" in zipfile.ZipFile(io.BytesIO(wheel)).namelist()


def test_workflow_and_machine_are_there(deployment: Deployment, client: Callable[[str], Any]) -> None:
    triggers = [ref for _, kind, ref in deployment.resources if kind == "AWS::Glue::Trigger"]
    graph = client("glue").get_workflow(Name="nf1-dev-csv_to_parquet", IncludeGraph=True)["Workflow"]["Graph"]
    assert {node["Name"] for node in graph["Nodes"] if node["Type"] == "TRIGGER"} == set(triggers)
    machine = next(ref for _, kind, ref in deployment.resources if kind == "AWS::StepFunctions::StateMachine")
    described = client("stepfunctions").describe_state_machine(stateMachineArn=machine)
    assert '"crawl_raw"' in described["definition"]


def test_an_execution_that_is_stopped_is_told_of_once(deployment: Deployment, client: Callable[[str], Any]) -> None:
    machine = next(ref for _, kind, ref in deployment.resources if kind == "AWS::StepFunctions::StateMachine")
    states, sqs, s3 = client("stepfunctions"), client("sqs"), client("s3")
    queue = sqs.get_queue_url(QueueName="nf1-dev-outcomes")["QueueUrl"]
    execution = states.start_execution(stateMachineArn=machine, name="to-be-stopped")["executionArn"]
    states.stop_execution(executionArn=execution, error="Stopped", cause="by a test")
    [message] = _received(sqs, queue)
    assert message["Subject"].startswith("STOPPED: csv_to_parquet on stepfunctions")
    told = json.loads(message["Message"])
    assert (told["status"], told["run_id"], told["error"]) == ("stopped", "to-be-stopped", "Stopped: by a test")
    bucket = "nf1-dev-data-123456789012-us-east-1"
    [kept] = s3.list_objects_v2(Bucket=bucket, Prefix="claims/stepfunctions/")["Contents"]
    assert kept["Key"] == f"claims/stepfunctions/{told['outcome_id']}.json"
    claim = json.loads(s3.get_object(Bucket=bucket, Key=kept["Key"])["Body"].read())
    assert claim["sent_at"] >= claim["claimed_at"]


def _received(sqs: Any, queue: str) -> list[dict[str, Any]]:
    """Waits for a first message, then a moment for a second one."""
    bodies: list[dict[str, Any]] = []
    for _ in range(3):
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=2 if bodies else 15)
        bodies += [json.loads(message["Body"]) for message in answer.get("Messages", [])]
    return bodies


def _object(client: Callable[[str], Any], url: str) -> bytes:
    bucket, key = url.removeprefix("s3://").split("/", 1)
    return client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
