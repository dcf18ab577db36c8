"""A small assembly deployed to a real gateway: what it says is there and works, twice over."""

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.composition import LocalAws
from local_aws.deployer import DeployFailed, Deployment, DeployRefused, deploy
from local_aws.deployer.deploy import gateway_clients
from tests.moto_memory import forget

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}
ALLOW_SNS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}],
}
ASSETS = "cdk-hnb659fds-assets-123456789012-us-east-1"
RESOURCES: dict[str, Any] = {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
    "Key": {"Type": "AWS::KMS::Key", "Properties": {"Description": "d"}},
    "Alias": {
        "Type": "AWS::KMS::Alias",
        "Properties": {"AliasName": "alias/try", "TargetKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
    },
    "Data": {
        "Type": "AWS::S3::Bucket",
        "Properties": {
            "BucketName": {"Fn::Sub": "try-${AWS::AccountId}"},
            "VersioningConfiguration": {"Status": "Enabled"},
            "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
        },
    },
    "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "outcomes"}},
    "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "outcomes", "VisibilityTimeout": 5}},
    "QueuePolicy": {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": ALLOW_SNS},
    },
    "Subscription": {
        "Type": "AWS::SNS::Subscription",
        "Properties": {
            "TopicArn": {"Ref": "Topic"},
            "Protocol": "sqs",
            "Endpoint": {"Fn::GetAtt": ["Queue", "Arn"]},
            "RawMessageDelivery": True,
        },
    },
    "Role": ROLE,
    "Policy": {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": "p",
            "Roles": [{"Ref": "Role"}],
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
            },
        },
    },
    "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/try", "RetentionInDays": 7}},
    "Database": {"Type": "AWS::Glue::Database", "Properties": {"CatalogId": "x", "DatabaseInput": {"Name": "raw"}}},
    "Crawler": {
        "Type": "AWS::Glue::Crawler",
        "Properties": {
            "Name": "try-crawl_raw",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "DatabaseName": {"Ref": "Database"},
            "Targets": {"S3Targets": [{"Path": {"Fn::Join": ["", ["s3://", {"Ref": "Data"}, "/landing/"]]}}]},
        },
    },
    "Job": {
        "Type": "AWS::Glue::Job",
        "Properties": {
            "Name": "try-convert",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "GlueVersion": "5.1",
            "Command": {"Name": "glueetl", "ScriptLocation": f"s3://{ASSETS}/code.zip", "PythonVersion": "3"},
            "NumberOfWorkers": 2,
            "WorkerType": "G.1X",
            "MaxRetries": 0,
            "Timeout": 30,
        },
    },
    "Workflow": {"Type": "AWS::Glue::Workflow", "Properties": {"Name": "try"}},
    "Start": {
        "Type": "AWS::Glue::Trigger",
        "Properties": {
            "Name": "try-start",
            "Type": "ON_DEMAND",
            "WorkflowName": {"Ref": "Workflow"},
            "Actions": [{"CrawlerName": {"Ref": "Crawler"}}],
        },
    },
    "After": {
        "Type": "AWS::Glue::Trigger",
        "DependsOn": ["Start"],
        "Properties": {
            "Name": "try-after-crawl_raw",
            "Type": "CONDITIONAL",
            "StartOnCreation": True,
            "WorkflowName": {"Ref": "Workflow"},
            "Actions": [{"JobName": {"Ref": "Job"}}],
            "Predicate": {
                "Conditions": [
                    {"LogicalOperator": "EQUALS", "CrawlerName": {"Ref": "Crawler"}, "CrawlState": "SUCCEEDED"}
                ]
            },
        },
    },
    "Parameter": {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Name": "/try/job", "Type": "String", "Value": {"Ref": "Job"}},
    },
    "Upload": {
        "Type": "Custom::CDKBucketDeployment",
        "Properties": {
            "ServiceToken": "arn",
            "SourceBucketNames": [ASSETS],
            "SourceObjectKeys": ["code.zip"],
            "DestinationBucketName": {"Ref": "Data"},
            "DestinationBucketKeyPrefix": "dags",
            "Prune": True,
        },
    },
}


def write_assembly(folder: Path, resources: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    code = folder / "asset.code"
    code.mkdir(exist_ok=True)
    (code / "job.py").write_text("print('hello')")
    (folder / "Try.template.json").write_text(
        json.dumps({"Resources": resources, "Outputs": {"Data": {"Value": {"Ref": "Data"}}}})
    )
    bucket = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
    destination = {"here": {"bucketName": bucket, "objectKey": "code.zip"}}
    files = {"c": {"source": {"path": "asset.code", "packaging": "zip"}, "destinations": destination}}
    (folder / "Try.assets.json").write_text(json.dumps({"files": files}))
    artifacts = {
        "Try.assets": {"type": "cdk:asset-manifest", "properties": {"file": "Try.assets.json"}},
        "Try": {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": "Try.template.json"},
            "dependencies": ["Try.assets"],
        },
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return folder


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    forget()
    local = LocalAws(state=tmp_path_factory.mktemp("gateway"))
    local.start()
    yield local
    local.stop()


@pytest.fixture(scope="module")
def client(gateway: LocalAws) -> Callable[[str], Any]:
    return gateway_clients(gateway.endpoint, "us-east-1")


@pytest.fixture(scope="module")
def deployments(gateway: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> list[Deployment]:
    folder = write_assembly(tmp_path_factory.mktemp("assembly"), RESOURCES)
    return [deploy(assembly=folder, endpoint=gateway.endpoint) for _ in range(2)]


def test_a_second_deploy_gives_the_same(deployments: list[Deployment]) -> None:
    first, second = deployments
    assert first.resources == second.resources
    assert {change.action for change in first.changes} == {"create"}
    assert second.changes == ()
    assert len(first.resources) == len(RESOURCES) - 1
    assert first.not_emulated == (("Try/Vpc", "AWS::EC2::VPC"),)
    assert first.outputs == {"Try": {"Data": "try-123456789012"}}


def test_a_published_message_reaches_the_queue_once(
    deployments: list[Deployment], client: Callable[[str], Any]
) -> None:
    topic = next(ref for _, kind, ref in deployments[1].resources if kind == "AWS::SNS::Topic")
    queue = next(ref for _, kind, ref in deployments[1].resources if kind == "AWS::SQS::Queue")
    client("sns").publish(TopicArn=topic, Message="hello")
    found = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    assert [message["Body"] for message in found] == ["hello"]


def test_assets_and_uploads_are_there(
    deployments: list[Deployment], client: Callable[[str], Any], tmp_path: Path
) -> None:
    assert deployments
    client("s3").download_file(ASSETS, "code.zip", str(tmp_path / "code.zip"))
    assert zipfile.ZipFile(tmp_path / "code.zip").namelist() == ["job.py"]
    versions = client("s3").list_object_versions(Bucket="try-123456789012")["Versions"]
    assert [one["Key"] for one in versions] == ["dags/job.py"]


def test_definitions_are_what_the_template_says(deployments: list[Deployment], client: Callable[[str], Any]) -> None:
    assert deployments
    job = client("glue").get_job(JobName="try-convert")["Job"]
    assert (job["Command"]["ScriptLocation"], job["MaxRetries"]) == (f"s3://{ASSETS}/code.zip", 0)
    crawler = client("glue").get_crawler(Name="try-crawl_raw")["Crawler"]
    assert crawler["Targets"]["S3Targets"][0]["Path"] == "s3://try-123456789012/landing/"
    trigger = client("glue").get_trigger(Name="try-after-crawl_raw")["Trigger"]
    assert trigger["Predicate"]["Conditions"][0]["CrawlerName"] == "try-crawl_raw"
    assert client("ssm").get_parameter(Name="/try/job")["Parameter"]["Value"] == "try-convert"
    aliases = client("kms").list_aliases()["Aliases"]
    assert "alias/try" in {one["AliasName"] for one in aliases}


def test_a_changed_template_changes_what_is_there(
    gateway: LocalAws, deployments: list[Deployment], client: Callable[[str], Any], tmp_path: Path
) -> None:
    assert deployments
    job = {**RESOURCES["Job"], "Properties": {**RESOURCES["Job"]["Properties"], "Timeout": 7}}
    deploy(assembly=write_assembly(tmp_path / "changed", {**RESOURCES, "Job": job}), endpoint=gateway.endpoint)
    assert client("glue").get_job(JobName="try-convert")["Job"]["Timeout"] == 7


def test_an_unknown_type_calls_nothing(gateway: LocalAws, client: Callable[[str], Any], tmp_path: Path) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "never-made"}}
    folder = write_assembly(tmp_path / "odd", {"Data": bucket, "Odd": {"Type": "AWS::Odd::Thing"}})
    with pytest.raises(DeployRefused, match="Try/Odd"):
        deploy(assembly=folder, endpoint=gateway.endpoint)
    assert "never-made" not in {one["Name"] for one in client("s3").list_buckets()["Buckets"]}


def test_what_the_service_refuses_fails_by_name(gateway: LocalAws, tmp_path: Path) -> None:
    target = {"AliasName": "alias/nobodys", "TargetKeyId": "no-such-key"}
    alias = {"Type": "AWS::KMS::Alias", "Properties": target}
    folder = write_assembly(tmp_path / "bad", {"Data": RESOURCES["Data"], "Odd": alias})
    with pytest.raises(DeployFailed, match=r"Try/Odd \(AWS::KMS::Alias\): .*no-such-key"):
        deploy(assembly=folder, endpoint=gateway.endpoint)
