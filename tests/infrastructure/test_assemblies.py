"""What holds for all six stacks: snapshots, determinism, partitions, dependencies, wildcards, tags."""

import difflib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from config.target import partition_of
from stacks.app import make_app
from tests.infrastructure.conftest import STACKS, TARGETS, deployed_name

SNAPSHOTS = Path(__file__).with_name("snapshots")
WHOLE = "us-east-1"
"""The region whose templates are kept whole; of another one, what differs."""
Templates = Callable[..., dict[str, Any]]


def stable(template: dict[str, Any]) -> str:
    """The template without the hashes of assets, which change with every source file."""
    hashless = json.loads(re.sub(r"\b[0-9a-f]{64}\b", "<asset>", json.dumps(template)))
    return json.dumps(with_ordered_resources(hashless), indent=1, sort_keys=True) + "\n"


def with_ordered_resources(part: Any) -> Any:
    """The CDK orders a statement's resources by their text, and so by the hashes in it."""
    if isinstance(part, list):
        return [with_ordered_resources(item) for item in part]
    if not isinstance(part, dict):
        return part
    ordered = {key: with_ordered_resources(value) for key, value in part.items()}
    if isinstance(ordered.get("Resource"), list):
        ordered["Resource"].sort(key=json.dumps)
    return ordered


def placeless(text: str, region: str) -> list[str]:
    """Lines with a mark for each name that says environment, region or partition; one of elsewhere stays as it is."""
    marks = {
        f"nf1-{TARGETS[region]}": "<slug>",
        f"nf1_{TARGETS[region]}": "<slug>",
        deployed_name("NF1-", region): "<prefix>-",
        region: "<region>",
        f"arn:{partition_of(region)}:": "arn:<partition>:",
    }
    for name, mark in marks.items():
        text = text.replace(name, mark)
    return text.splitlines()


def difference(whole: list[str], other: list[str]) -> str:
    """A unified diff that names, instead of a line's number, the resource in which each part begins."""
    lines = []
    for line in list(difflib.unified_diff(whole, other, n=1, lineterm=""))[2:]:
        if found := re.match(r"@@ -(\d+)", line):
            names = (re.match(r'  "(\w+)": \{', before) for before in reversed(whole[: int(found[1])]))
            line = f"@@ {next((name[1] for name in names if name), 'the template')}"
        lines.append(line)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("region", TARGETS)
@pytest.mark.parametrize("stack", STACKS)
def test_a_template_is_as_reviewed(
    template: Templates, request: pytest.FixtureRequest, stack: str, region: str
) -> None:
    said, kind = stable(template(stack, region)), "json"
    if region != WHOLE:
        whole = placeless(stable(template(stack, WHOLE)), WHOLE)
        said, kind = difference(whole, placeless(said, region)), "diff"
    snapshot = SNAPSHOTS / f"{stack}.{region}.{kind}"
    if request.config.getoption("--update-snapshots", default=False):
        SNAPSHOTS.mkdir(exist_ok=True)
        snapshot.write_text(said)
    assert snapshot.exists(), f"no {snapshot.name}; write it with: pytest tests/infrastructure --update-snapshots"
    assert said == snapshot.read_text(), (
        "the template changed; review the difference and accept it with: pytest tests/infrastructure --update-snapshots"
    )


def test_a_name_of_the_other_region_and_a_changed_value_are_differences(template: Templates) -> None:
    whole = placeless(stable(template("NF1-Redshift", WHOLE)), WHOLE)
    china = stable(template("NF1-Redshift", "cn-north-1"))
    reviewed = difference(whole, placeless(china, "cn-north-1"))
    for there, instead in (("cn-north-1", "us-east-1"), ("nf1-prod", "nf1-dev"), ('"require_ssl"', '"no_ssl"')):
        assert there in china
        assert difference(whole, placeless(china.replace(there, instead, 1), "cn-north-1")) != reviewed


def test_the_same_settings_give_the_same_templates(template: Templates, dev: Settings, tmp_path: Path) -> None:
    make_app(dev, outdir=tmp_path / "elsewhere", validate=False).synth()
    for stack in STACKS:
        again = json.loads((tmp_path / "elsewhere" / f"{stack}.template.json").read_text())
        assert again == template(stack), stack


@pytest.mark.parametrize("stack", STACKS)
def test_china_names_no_other_partition(template: Templates, stack: str) -> None:
    text = json.dumps(template(stack, "cn-north-1"))
    assert "arn:aws:" not in text
    assert "us-east-1" not in text


@pytest.mark.parametrize(
    ("stack", "needed"),
    [
        ("NF1-LandingZone", set()),
        ("NF1-Redshift", {"NF1-LandingZone"}),
        ("NF1-DataZone", {"NF1-LandingZone", "NF1-Redshift"}),
        ("NF1-Glue-Lab", {"NF1-LandingZone", "NF1-Redshift", "NF1-DataZone"}),
        ("NF1-StepFunctions-Lab", {"NF1-LandingZone", "NF1-Redshift", "NF1-DataZone"}),
        ("NF1-Airflow-Lab", {"NF1-LandingZone", "NF1-Redshift", "NF1-DataZone"}),
    ],
)
def test_a_deploy_pulls_only_what_it_needs(assembly: Callable[[str], Path], stack: str, needed: set[str]) -> None:
    artifacts = json.loads((assembly("us-east-1") / "manifest.json").read_text())["artifacts"]

    def pulled(name: str) -> set[str]:
        direct = set(artifacts[name].get("dependencies", [])) & set(STACKS)
        return direct.union(*(pulled(other) for other in direct))

    assert pulled(stack) == needed


WILDCARDS = {
    ("NF1-Airflow-Lab", "cloudwatch:PutMetricData"): "takes no resource",
    ("NF1-Airflow-Lab", "logs:DescribeLogGroups"): "takes no resource",
    ("NF1-Airflow-Lab", "s3:GetAccountPublicAccessBlock"): "takes no resource",
    ("NF1-DataZone", "cloudwatch:PutMetricData"): "takes no resource; a condition keeps to Glue's namespace",
    **{
        (stack, "glue:GetSecurityConfiguration"): "takes no resource"
        for stack in ("NF1-DataZone", "NF1-Glue-Lab", "NF1-StepFunctions-Lab", "NF1-Airflow-Lab")
    },
    ("NF1-DataZone", "redshift-data:CancelStatement"): "a statement has no ARN; a condition keeps to the own ones",
    ("NF1-DataZone", "redshift-data:DescribeStatement"): "a statement has no ARN; a condition keeps to the own ones",
    ("NF1-DataZone", "redshift-data:GetStatementResult"): "a statement has no ARN; a condition keeps to the own ones",
    ("NF1-StepFunctions-Lab", "logs:CreateLogDelivery"): "log delivery takes no resource",
    ("NF1-StepFunctions-Lab", "logs:DeleteLogDelivery"): "log delivery takes no resource",
    ("NF1-StepFunctions-Lab", "logs:DescribeLogGroups"): "log delivery takes no resource",
    ("NF1-StepFunctions-Lab", "logs:DescribeResourcePolicies"): "log delivery takes no resource",
    ("NF1-StepFunctions-Lab", "logs:GetLogDelivery"): "log delivery takes no resource",
    ("NF1-StepFunctions-Lab", "logs:ListLogDeliveries"): "log delivery takes no resource",
    ("NF1-StepFunctions-Lab", "logs:PutResourcePolicy"): "log delivery takes no resource",
    ("NF1-StepFunctions-Lab", "logs:UpdateLogDelivery"): "log delivery takes no resource",
    ("NF1-StepFunctions-Lab", "xray:GetSamplingRules"): "X-Ray takes no resource",
    ("NF1-StepFunctions-Lab", "xray:GetSamplingTargets"): "X-Ray takes no resource",
    ("NF1-StepFunctions-Lab", "xray:PutTelemetryRecords"): "X-Ray takes no resource",
    ("NF1-StepFunctions-Lab", "xray:PutTraceSegments"): "X-Ray takes no resource",
}
"""Every action that a role of ours may do on all resources, and why AWS leaves no choice."""


def granted_on_everything(template: dict[str, Any]) -> Iterator[str]:
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        documents = [properties.get("PolicyDocument"), *(p["PolicyDocument"] for p in properties.get("Policies", []))]
        if resource["Type"] not in ("AWS::IAM::Policy", "AWS::IAM::Role"):
            continue
        for document in filter(None, documents):
            for statement in document["Statement"]:
                targets = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
                if statement["Effect"] == "Allow" and "*" in targets:
                    actions = statement["Action"]
                    yield from actions if isinstance(actions, list) else [actions]


def test_no_role_may_do_anything_on_everything_unless_aws_leaves_no_choice(template: Templates) -> None:
    found = {(stack, action) for stack in STACKS for action in granted_on_everything(template(stack))}
    assert found == set(WILDCARDS)


def test_a_wildcard_grant_is_noticed() -> None:
    document = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["*"]}]}
    template = {"Resources": {"P": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": document}}}}
    assert list(granted_on_everything(template)) == ["s3:GetObject"]


@pytest.mark.parametrize("stack", STACKS)
def test_a_template_refuses_another_account(template: Templates, stack: str) -> None:
    assertions = template(stack)["Rules"]["MadeForThisAccount"]["Assertions"]
    assert assertions[0]["Assert"] == {"Fn::Equals": [{"Ref": "AWS::AccountId"}, "123456789012"]}
    assert "Set AWS_ACCOUNT" in assertions[0]["AssertDescription"]


@pytest.mark.parametrize("region", TARGETS)
@pytest.mark.parametrize("stack", STACKS)
def test_a_template_refuses_to_be_another_stack(template: Templates, stack: str, region: str) -> None:
    [assertion] = template(stack, region)["Rules"]["MadeForThisStack"]["Assertions"]
    assert assertion["Assert"] == {"Fn::Equals": [{"Ref": "AWS::StackName"}, deployed_name(stack, region)]}
    assert "Set NF1_ENVIRONMENT" in assertion["AssertDescription"]


def test_everything_that_holds_data_is_tagged(assembly: Callable[[str], Path]) -> None:
    artifacts = json.loads((assembly("us-east-1") / "manifest.json").read_text())["artifacts"]
    for stack in STACKS:
        assert artifacts[stack]["properties"]["tags"] == {"environment": "dev", "project": "data-orchestration"}


def test_assets_hold_sources_only(assembly: Callable[[str], Path]) -> None:
    files = [path for path in assembly("us-east-1").glob("asset.*/**/*") if path.is_file()]
    assert any(path.name == "contract.yaml" for path in files), "jobs need the contracts"
    assert not [path for path in files if path.suffix == ".pyc" or "__pycache__" in path.parts or ".venv" in str(path)]
