"""Rules are evaluated before a stack is touched: a false assertion refuses the deploy, as an unknown function does."""

import json
from pathlib import Path
from typing import Any

import pytest

from local_aws.deployer import DeployRefused, deploy
from local_aws.deployer.assembly.assembly import Stack
from local_aws.deployer.assembly.resource import Place
from local_aws.deployer.rules import check_rules

PLACE = Place(account="123456789012", region="cn-north-1")
TRUE = {"Fn::Equals": ["a", "a"]}
FALSE = {"Fn::Equals": ["a", "b"]}
NAMED = {"Fn::Equals": [{"Ref": "AWS::StackName"}, "NF1-prod-DataZone"]}


def refused(rules: dict[str, Any], *, name: str = "NF1-DataZone", parameters: dict[str, Any] | None = None) -> str:
    """What the refusal says; empty if the rules hold."""
    stack = Stack(name=name, template={"Rules": rules, "Parameters": parameters or {}}, assets=(), needs=())
    try:
        check_rules([stack], place=PLACE)
    except DeployRefused as error:
        return str(error)
    return ""


def asserting(condition: Any) -> dict[str, Any]:
    return {"R": {"Assertions": [{"Assert": condition, "AssertDescription": "it is so"}]}}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (TRUE, True),
        (FALSE, False),
        ({"Fn::Not": [FALSE]}, True),
        ({"Fn::And": [TRUE, FALSE]}, False),
        ({"Fn::Or": [TRUE, FALSE]}, True),
        ({"Fn::Contains": [["a", "b"], "b"]}, True),
        ({"Fn::Contains": [["a", "b"], "c"]}, False),
        ({"Fn::EachMemberEquals": [["a", "a"], "a"]}, True),
        ({"Fn::EachMemberEquals": [["a", "b"], "a"]}, False),
        ({"Fn::EachMemberIn": [["a"], ["a", "b"]]}, True),
        ({"Fn::EachMemberIn": [["a", "c"], ["a", "b"]]}, False),
        ({"Fn::Equals": [{"Ref": "AWS::Region"}, "cn-north-1"]}, True),
        ({"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws-cn"]}, True),
        ({"Fn::Equals": [{"Ref": "AWS::URLSuffix"}, "amazonaws.com.cn"]}, True),
        ({"Fn::Equals": [{"Ref": "AWS::AccountId"}, "999999999999"]}, False),
    ],
)
def test_an_assertion_holds_or_refuses_by_its_description(condition: Any, holds: bool) -> None:
    assert refused(asserting(condition)) == ("" if holds else "nothing was deployed:\n  - NF1-DataZone/R: it is so")


def test_a_stack_under_another_name_is_refused() -> None:
    assert "NF1-DataZone/R: it is so" in refused(asserting(NAMED))
    assert refused(asserting(NAMED), name="NF1-prod-DataZone") == ""


def test_a_rule_whose_condition_is_false_is_not_applied() -> None:
    assert refused({"R": {"RuleCondition": FALSE, **asserting(FALSE)["R"]}}) == ""
    assert refused({"R": {"RuleCondition": TRUE, **asserting(FALSE)["R"]}}) != ""


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"Fn::Equals": [{"Ref": "Bucket"}, "a"]}, "Ref Bucket is no parameter"),
        ({"Fn::Equals": [{"Fn::Sub": "${AWS::Region}"}, "a"]}, "Fn::Sub"),
        ({"Fn::RefAll": "AWS::EC2::VPC::Id"}, "Fn::RefAll"),
        ({"Fn::And": [TRUE]}, "Fn::And"),
        ({"Fn::Not": ["true"]}, "gives no truth"),
        ({"Fn::Contains": ["a", "a"]}, "no list"),
        ("true", "gives no truth"),
    ],
)
def test_what_rules_may_not_hold_is_refused_by_name(condition: Any, said: str) -> None:
    assert said in refused(asserting(condition))


def test_parameters_have_their_defaults_and_bootstrapping_counts_as_done() -> None:
    version = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/hnb659fds/version"}
    old = {"Fn::Not": [{"Fn::Contains": [["1", "2", "3", "4", "5"], {"Ref": "BootstrapVersion"}]}]}
    assert refused(asserting(old), parameters={"BootstrapVersion": version}) == ""
    plain = {"Type": "String", "Default": "3"}
    assert refused(asserting(old), parameters={"BootstrapVersion": plain}) != ""
    elsewhere = {**version, "Default": "/somewhere/else"}
    assert "no parameter with a known value" in refused(asserting(old), parameters={"BootstrapVersion": elsewhere})


def test_a_deploy_evaluates_them_before_any_call(tmp_path: Path) -> None:
    artifact = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": "t.json", "stackName": "NF1-DataZone"},
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"NF1-prod-DataZone": artifact}}))
    (tmp_path / "t.json").write_text(json.dumps({"Rules": asserting(NAMED), "Resources": {}}))
    # A port on which nobody listens: a call would be another error.
    with pytest.raises(DeployRefused, match="NF1-DataZone/R: it is so"):
        deploy(assembly=tmp_path, endpoint="http://127.0.0.1:9")
