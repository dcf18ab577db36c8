"""Each service that the stacks and their code use is in China by botocore's data, or is said to be unproven."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore
import botocore.session

from tests.checkout import ROOT
from tests.infrastructure.conftest import STACKS

LISTED = json.loads((Path(botocore.__file__).parent / "data/endpoints.json").read_text())["partitions"]
BY_PARTITION = {one["partition"]: one["services"] for one in LISTED}
REGIONS = {"cn-north-1", "cn-northwest-1"}
PAGE = ROOT / "docs/decisions/0022-china-follows-from-the-region.md"

OF_NAMESPACE = {
    "AWS::Athena": "athena",
    "AWS::CDK": None,
    "AWS::CloudTrail": "cloudtrail",
    "AWS::EC2": "ec2",
    "AWS::Events": "events",
    "AWS::Glue": "glue",
    "AWS::IAM": "iam",
    "AWS::KMS": "kms",
    "AWS::Lambda": "lambda",
    "AWS::Logs": "logs",
    "AWS::MWAA": "mwaa",
    "AWS::RedshiftServerless": "redshift-serverless",
    "AWS::S3": "s3",
    "AWS::SNS": "sns",
    "AWS::SQS": "sqs",
    "AWS::StepFunctions": "stepfunctions",
}
"""boto3's name of the service that a resource type belongs to."""
OF_POLICIES = ("cloudwatch", "secretsmanager", "xray", "cloudformation", "ssm", "sts")
"""What roles, MWAA and the CDK's own deploys call beside it."""
CALLING = ("strict_csv", "lake", "glue_scripts", "lambdas", "dags", "lab", "pipeline")
UNPROVEN = {"redshift-data"}
"""botocore's data names no region for them, in China or elsewhere, so something else has to be said on the page."""


def services_of_templates(template: Callable[..., dict[str, Any]]) -> set[str]:
    types = {resource["Type"] for stack in STACKS for resource in template(stack, "cn-north-1")["Resources"].values()}
    namespaces = {kind.rsplit("::", 1)[0] for kind in types if kind.startswith("AWS::")}
    return {service for namespace in namespaces if (service := OF_NAMESPACE[namespace])}


def services_of_code() -> set[str]:
    sources = (path.read_text() for folder in CALLING for path in (ROOT / folder).rglob("*.py"))
    return {name for source in sources for name in re.findall(r"""client\(\s*["']([a-z0-9-]+)["']""", source)}


def listed_in(partition: str, service: str) -> set[str]:
    """Regions (or the partition's one global endpoint) in which botocore's data lists the service."""
    prefix = botocore.session.get_session().get_service_model(service).endpoint_prefix
    entry = BY_PARTITION[partition].get(prefix, {})
    return set(entry.get("endpoints", {}))


def test_every_service_is_in_both_china_regions_or_said_to_be_unproven(template: Callable[..., dict[str, Any]]) -> None:
    used = services_of_templates(template) | services_of_code() | set(OF_POLICIES)
    assert {"glue", "s3", "mwaa", "redshift-data", "stepfunctions", "lambda"} <= used
    missing = {
        service
        for service in used
        if not ((found := listed_in("aws-cn", service)) >= REGIONS or "aws-cn-global" in found)
    }
    assert missing == UNPROVEN


def test_what_is_unproven_is_named_on_the_page() -> None:
    text = PAGE.read_text()
    for service in UNPROVEN:
        assert f"`{service}`" in text
        assert not listed_in("aws", service), "botocore lists it elsewhere: absence in China would then mean something"


def test_a_service_that_is_not_in_china_would_be_noticed() -> None:
    assert listed_in("aws", "rekognition")
    assert not listed_in("aws-cn", "rekognition")
