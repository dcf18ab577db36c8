"""What matters in NF1-DataZone: one private, versioned bucket that tells EventBridge, and jobs with the least reach."""

import ast
import re
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from config.settings import Settings
from pipeline.steps import PIPELINE, Kind
from tests.checkout import ROOT
from tests.infrastructure.graph import resources, text_of

JOBS = [step.name for step in PIPELINE.of(Kind.JOB)]
GLUES_OWN = {"extra-py-files", "additional-python-modules", "python-modules-installer-option", "job-bookmark-option"}


@pytest.fixture
def data(template: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return template("NF1-DataZone")


def job(data: dict[str, Any], step: str) -> dict[str, Any]:
    return next(job for job in resources(data, "AWS::Glue::Job") if job["Name"] == f"nf1-dev-{step}")


def asked_for(step: str) -> set[str]:
    """Arguments that the step's script cannot do without, but for the lane, which a run gives."""
    script = (ROOT / "glue_scripts" / f"{step}.py").read_text()
    [named] = re.findall(r"^ARGUMENTS = (\[.*?\])", script, re.MULTILINE | re.DOTALL)
    return set(ast.literal_eval(named)) - {"lane"}


def statements(data: dict[str, Any], step: str) -> list[dict[str, Any]]:
    role = job(data, step)["Role"]["Fn::GetAtt"][0]
    [policy] = [p for p in resources(data, "AWS::IAM::Policy") if p["Roles"] == [{"Ref": role}]]
    return policy["PolicyDocument"]["Statement"]


def reach(data: dict[str, Any], step: str, action: str) -> set[str]:
    """Prefixes of the data bucket on which the step's job may do `action`."""
    found: set[str] = set()
    for statement in statements(data, step):
        actions, targets = (
            [value] if not isinstance(value, list) else value for value in (statement["Action"], statement["Resource"])
        )
        if action in actions:
            found |= {match[1] for t in targets if isinstance(t, str) and (match := re.search(r"-us-east-1/(.+)$", t))}
    return found


def test_the_data_bucket_is_private_versioned_encrypted_logged_and_tells_eventbridge(data: dict[str, Any]) -> None:
    Template.from_json(data).has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketName": "nf1-dev-data-123456789012-us-east-1",
            "VersioningConfiguration": {"Status": "Enabled"},
            "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            "LoggingConfiguration": {"DestinationBucketName": "nf1-dev-logs-123456789012-us-east-1"},
            "PublicAccessBlockConfiguration": Match.object_like({"BlockPublicPolicy": True}),
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    Match.object_like({"ServerSideEncryptionByDefault": Match.object_like({"SSEAlgorithm": "aws:kms"})})
                ]
            },
            "LifecycleConfiguration": {
                "Rules": Match.array_with(
                    [Match.object_like({"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}})]
                )
            },
        },
    )


def test_no_custom_resource_switches_on_eventbridge(data: dict[str, Any]) -> None:
    Template.from_json(data).resource_count_is("Custom::S3BucketNotifications", 0)


@pytest.mark.parametrize("step", JOBS)
def test_a_job_leaves_retries_and_the_lane_to_the_orchestrator(data: dict[str, Any], step: str) -> None:
    found = job(data, step)
    assert (found["GlueVersion"], found["WorkerType"], found["NumberOfWorkers"]) == ("5.1", "G.1X", 2)
    assert found["MaxRetries"] == 0
    assert found["Timeout"] * 60 == PIPELINE.step(step).timeout_seconds
    assert found["ExecutionProperty"] == {"MaxConcurrentRuns": 3}
    assert found["SecurityConfiguration"] == "nf1-dev"
    assert {name.removeprefix("--") for name in found["DefaultArguments"]} == asked_for(step) | GLUES_OWN


def test_convert_alone_changes_curated_data(data: dict[str, Any]) -> None:
    assert reach(data, "convert", "s3:PutObject") == {"curated/*", "keys/*", "ledger/*", "quarantine/*"}
    assert reach(data, "verify", "s3:PutObject") == set()
    assert reach(data, "aggregate", "s3:PutObject") == {"aggregates/*", "ledger/*/_aggregates/*"}
    assert reach(data, "load_warehouse", "s3:PutObject") == {"loads/*", "outcomes/*"}
    assert [step for step in JOBS if reach(data, step, "s3:DeleteObject")] == ["convert"]


def test_landing_is_read_by_convert_and_written_by_no_job(data: dict[str, Any]) -> None:
    pinned = [step for step in JOBS if "landing/*" in reach(data, step, "s3:GetObjectVersion")]
    assert pinned == ["convert"], "by the ids of the versions that it listed, and not as they are now"
    assert not any("landing/*" in reach(data, step, "s3:GetObject") for step in JOBS)
    assert not any("landing/*" in reach(data, step, "s3:PutObject") for step in JOBS)


def test_only_the_load_reaches_the_warehouse(data: dict[str, Any]) -> None:
    reaching = [step for step in JOBS if "redshift-data" in str(statements(data, step))]
    assert reaching == ["load_warehouse"]
    [secret] = [s for s in statements(data, "load_warehouse") if s["Action"] == "secretsmanager:GetSecretValue"]
    assert secret["Resource"].endswith(":secret:redshift!nf1-dev-warehouse-admin-??????")


def test_the_raw_crawler_makes_one_table_per_dataset(data: dict[str, Any], dev: Settings) -> None:
    [crawler] = resources(data, "AWS::Glue::Crawler")
    assert (crawler["Name"], crawler["DatabaseName"]) == ("nf1-dev-crawl_raw", "nf1_dev_raw")
    paths = [target["Path"] for target in crawler["Targets"]["S3Targets"]]
    assert {tuple(target["Exclusions"]) for target in crawler["Targets"]["S3Targets"]} == {("**.control.json",)}
    bucket = "s3://nf1-dev-data-123456789012-us-east-1/landing"
    assert paths == [f"{bucket}/{name}/" for name in dev.datasets]
    assert len(paths) >= 5
    assert "Schedule" not in crawler


def test_each_outcome_is_kept_in_a_queue_with_its_subject(data: dict[str, Any]) -> None:
    template = Template.from_json(data)
    template.has_resource_properties(
        "AWS::SNS::Topic", {"TopicName": "nf1-dev-outcomes", "KmsMasterKeyId": Match.any_value()}
    )
    template.has_resource_properties("AWS::SQS::Queue", {"QueueName": "nf1-dev-outcomes", "SqsManagedSseEnabled": True})
    template.has_resource_properties(
        "AWS::SNS::Subscription", {"Protocol": "sqs", "RawMessageDelivery": Match.absent()}
    )


def test_athena_decides_where_results_go(data: dict[str, Any]) -> None:
    [workgroup] = resources(data, "AWS::Athena::WorkGroup")
    settings = workgroup["WorkGroupConfiguration"]
    assert settings["EnforceWorkGroupConfiguration"] is True
    assert text_of(settings["ResultConfiguration"]["OutputLocation"]).endswith("/athena/")
    assert settings["ResultConfiguration"]["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"
