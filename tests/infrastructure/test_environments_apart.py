"""No two environments, and no environment in two regions, can touch each other's stacks or what is in them.

Every environment is synthesised for regions of both partitions; all that has a name of its own is compared.
"""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from config.loading import CONFIG_FOLDER, load_settings
from local_aws.deployer import DeployRefused
from local_aws.deployer.assembly.assembly import Stack
from local_aws.deployer.assembly.resource import Place
from local_aws.deployer.rules import check_rules
from pipeline.names import PARTS
from stacks.app import make_app

ENVIRONMENTS = tuple(sorted(file.stem for file in CONFIG_FOLDER.glob("*.yaml")))
REGIONS = ("us-east-1", "eu-west-1", "cn-north-1", "cn-northwest-1")
ACCOUNT = "111122223333"
Target = tuple[str, str]
TARGETS: tuple[Target, ...] = tuple((environment, region) for environment in ENVIRONMENTS for region in REGIONS)

WORLDWIDE = {"AWS::S3::Bucket", "AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::CloudTrail::Trail"}
"""Types whose names meet in other regions too; a trail of all regions is seen in each."""
OF_ANOTHER = {"DatabaseName", "WorkflowName", "DestinationBucketName", "DbName", "PolicyName", "FunctionName"}
"""Properties that name another resource, or something inside one; FunctionName is the own one of a function only."""
OWN = re.compile(r"Name$")
HOLDING_DATA = {
    "AWS::S3::Bucket",
    "AWS::KMS::Key",
    "AWS::Glue::Database",
    "AWS::Logs::LogGroup",
    "AWS::RedshiftServerless::Namespace",
    "AWS::SQS::Queue",
}


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[Target, dict[str, dict[str, Any]]]:
    """Templates by stack name, for each environment and region in one account."""
    found = {}
    for environment, region in TARGETS:
        environ = {"AWS_ACCOUNT": ACCOUNT, "AWS_DEFAULT_REGION": region}
        out = tmp_path_factory.mktemp(f"{environment}-{region}")
        make_app(load_settings(environment=environment, environ=environ), outdir=out, validate=False).synth()
        found[environment, region] = read(out)
    return found


def read(out: Path) -> dict[str, dict[str, Any]]:
    artifacts = json.loads((out / "manifest.json").read_text())["artifacts"]
    return {
        artifact["properties"].get("stackName", name): json.loads(
            (out / artifact["properties"]["templateFile"]).read_text()
        )
        for name, artifact in artifacts.items()
        if artifact["type"] == "aws:cloudformation:stack"
    }


def physical_names(templates: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """(type, name) of every resource that is named by us."""
    for template in templates.values():
        for resource in template["Resources"].values():
            kind, properties = resource["Type"], resource.get("Properties", {})
            for key, value in {**properties, **properties.get("DatabaseInput", {})}.items():
                own = OWN.search(key) and (key not in OF_ANOTHER or kind == f"AWS::Lambda::{key.removesuffix('Name')}")
                if own and isinstance(value, str):
                    yield kind, value


def mentioned_stacks(part: Any) -> Iterator[str]:
    """Stacks whose outputs are read."""
    if isinstance(part, list):
        for item in part:
            yield from mentioned_stacks(item)
    elif isinstance(part, dict):
        if "Fn::GetStackOutput" in part:
            yield json.dumps(part["Fn::GetStackOutput"])
        for item in part.values():
            yield from mentioned_stacks(item)


def test_every_target_has_six_stacks_of_its_own_name(templates: dict[Target, Any]) -> None:
    for (environment, _), stacks in templates.items():
        named = "" if environment == "dev" else f"{environment}-"
        assert set(stacks) == {f"NF1-{named}{part}" for part in PARTS}


def test_no_two_environments_have_a_stack_or_a_physical_name_in_common(templates: dict[Target, Any]) -> None:
    for one, other in combinations(TARGETS, 2):
        names = set(physical_names(templates[one])) & set(physical_names(templates[other]))
        if one[0] != other[0]:
            assert not set(templates[one]) & set(templates[other]), (one, other)
            assert not names, (one, other)
        elif (one[1].startswith("cn-")) == (other[1].startswith("cn-")):
            assert not {kind for kind, _ in names} & WORLDWIDE, (one, other, names)


def test_the_comparison_sees_names_of_every_service(templates: dict[Target, Any]) -> None:
    """What it would not see could not be compared."""
    kinds = {kind for kind, _ in physical_names(templates["dev", "us-east-1"])}
    assert {
        "AWS::S3::Bucket",
        "AWS::KMS::Alias",
        "AWS::CloudTrail::Trail",
        "AWS::Logs::LogGroup",
        "AWS::RedshiftServerless::Namespace",
        "AWS::RedshiftServerless::Workgroup",
        "AWS::Glue::Database",
        "AWS::Glue::Job",
        "AWS::Glue::Crawler",
        "AWS::Glue::Workflow",
        "AWS::Glue::Trigger",
        "AWS::Glue::SecurityConfiguration",
        "AWS::Athena::WorkGroup",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
        "AWS::StepFunctions::StateMachine",
        "AWS::Lambda::Function",
        "AWS::MWAA::Environment",
    } <= kinds


def test_two_environments_of_one_name_would_be_noticed(templates: dict[Target, Any]) -> None:
    again = templates["dev", "us-east-1"]
    assert {kind for kind, _ in set(physical_names(again)) & set(physical_names(again))} & WORLDWIDE


def test_a_stack_reads_its_own_environments_outputs_only_and_exports_nothing(templates: dict[Target, Any]) -> None:
    read_from = 0
    for stacks in templates.values():
        for template in stacks.values():
            assert not [output for output in template.get("Outputs", {}).values() if "Export" in output]
            for mention in mentioned_stacks(template):
                read_from += 1
                assert any(f'"{name}"' in mention or f"stack/{name}/" in mention for name in stacks), mention
    assert read_from


def test_what_a_role_may_do_stays_in_its_own_environment(templates: dict[Target, Any]) -> None:
    """A pattern that does not begin with the environment's own names would reach another's things."""
    for (environment, _), stacks in templates.items():
        own = re.compile(rf"nf1[-_]{environment}[-_]")
        reaching = {pattern for pattern in patterns_of_roles(stacks) if not own.search(pattern)}
        assert {pattern for pattern in reaching if not AWS_NAMES_IT.search(pattern)} == set()


AWS_NAMES_IT = re.compile(
    r"^\*$|:log-group:/aws-glue/\*$|:sqs:[\w-]+:\*:airflow-celery-\*$|:::cdk-hnb659fds-assets-[\w-]+/\*$"
)
"""Everything (see WILDCARDS of test_assemblies.py), or names that Glue, MWAA and the CDK choose without us."""


def patterns_of_roles(templates: dict[str, dict[str, Any]]) -> Iterator[str]:
    for template in templates.values():
        for resource in template["Resources"].values():
            if not resource["Type"].startswith("AWS::IAM::"):
                continue
            properties = resource["Properties"]
            inline = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
            for document in (*inline, *filter(None, [properties.get("PolicyDocument")])):
                for statement in document["Statement"]:
                    named = statement["Resource"]
                    for one in named if isinstance(named, list) else [named]:
                        text = one if isinstance(one, str) else "".join(map(str, one.get("Fn::Join", ["", []])[1]))
                        if "*" in text or "?" in text:
                            yield text


def test_the_local_deployer_refuses_a_template_under_another_name_or_in_another_place(
    templates: dict[Target, Any],
) -> None:
    """The rules as they were synthesised, judged as CloudFormation would."""

    def refused(template: dict[str, Any], *, name: str, account: str, region: str) -> str:
        try:
            check_rules(
                [Stack(name=name, template=template, assets=(), needs=())], place=Place(account=account, region=region)
            )
        except DeployRefused as error:
            return str(error)
        return ""

    for (environment, region), stacks in templates.items():
        for name, template in stacks.items():
            assert refused(template, name=name, account=ACCOUNT, region=region) == ""
            other = name.replace("NF1-", "NF1-test-") if environment == "dev" else name.replace(f"{environment}-", "")
            assert f"Synthesised for the stack {name}." in refused(template, name=other, account=ACCOUNT, region=region)
            assert "Set AWS_ACCOUNT" in refused(template, name=name, account="999999999999", region=region)
            assert "Set AWS_DEFAULT_REGION" in refused(template, name=name, account=ACCOUNT, region="ap-south-1")


def test_outside_dev_what_holds_data_stays_when_it_is_replaced(templates: dict[Target, Any]) -> None:
    for (environment, _), stacks in templates.items():
        found = [
            (name, logical, resource.get("UpdateReplacePolicy"))
            for name, template in stacks.items()
            for logical, resource in template["Resources"].items()
            if resource["Type"] in HOLDING_DATA
        ]
        assert len(found) > 10
        if environment != "dev":
            assert [one for one in found if one[2] not in ("Retain", "Snapshot")] == []


def test_china_has_its_own_endpoints_processor_and_zones(templates: dict[Target, Any]) -> None:
    for (_, region), stacks in templates.items():
        text = json.dumps(stacks)
        china = region.startswith("cn-")
        assert set(re.findall(r'"Architectures": \["(\w+)"\]', text)) == {"x86_64" if china else "arm64"}
        assert f"logs.{region}.{'amazonaws.com.cn' if china else 'amazonaws.com'}" in literal(text)
        if china:
            assert "arn:aws:" not in text
        encrypted = '"CloudWatchEncryptionMode": "SSE-KMS"' in text
        assert encrypted == (region != "cn-northwest-1"), "Glue encrypts no logs in Ningxia"
        zones = set(re.findall(rf'"{region}([a-f])"', text))
        assert zones == ({"a", "b", "d"} if region == "cn-north-1" else {"a", "b", "c"})


def literal(text: str) -> str:
    """With the one join that the CDK makes of a partition's suffix put together."""
    for suffix, regions in (("amazonaws.com.cn", "cn-"), ("amazonaws.com", "")):
        text = re.sub(
            rf'\{{"Fn::Join": \["", \["(logs\.{regions}[\w-]+\.)", \{{"Ref": "AWS::URLSuffix"\}}\]\]\}}',
            rf'"\g<1>{suffix}"',
            text,
        )
    return text
