"""The deployer decides before it calls: order, references, and a refusal that names everything unknown."""

import json
from pathlib import Path
from typing import Any

import pytest

from local_aws.deployer.assembly.assembly import read_assembly
from local_aws.deployer.assembly.resource import Created, DeployRefused, Place, generated_name
from local_aws.deployer.intrinsics import Scope
from local_aws.deployer.kinds import KINDS
from local_aws.deployer.not_emulated import NOT_EMULATED
from local_aws.deployer.plan import Plan, make_plan

PLACE = Place(account="123456789012", region="us-east-1")


def assembly(folder: Path, templates: dict[str, dict[str, Any]], needs: dict[str, list[str]] | None = None) -> Path:
    artifacts = {}
    for name, template in templates.items():
        (folder / f"{name}.json").write_text(json.dumps(template))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": f"{name}.json"},
            "dependencies": (needs or {}).get(name, []),
        }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return folder


def plan(folder: Path, *resources: dict[str, Any], **sections: Any) -> Plan:
    template = {"Resources": {key: value for one in resources for key, value in one.items()}, **sections}
    return make_plan(read_assembly(assembly(folder, {"Stack": template})), kinds=KINDS, place=PLACE)


def topic(name: str, **more: Any) -> dict[str, Any]:
    return {name: {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": name}, **more}}


def order(made: Plan) -> list[str]:
    return [instruction.logical_id for instruction in made[0].instructions]


def test_resources_follow_what_they_refer_to(tmp_path: Path) -> None:
    made = plan(
        tmp_path,
        {"A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Sub": "x ${B.TopicName} ${!C}"}}}},
        {"B": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Join": ["", [{"Ref": "C"}]]}}}},
        topic("C", DependsOn="D"),
        topic("D"),
    )
    assert order(made) == ["D", "C", "B", "A"]


def test_a_false_condition_leaves_its_resource_out(tmp_path: Path) -> None:
    conditions = {
        "InChina": {"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws-cn"]},
        "Not": {"Fn::Not": [{"Condition": "InChina"}]},
    }
    made = plan(tmp_path, topic("A", Condition="InChina"), topic("B", Condition="Not"), Conditions=conditions)
    assert order(made) == ["B"]


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(DeployRefused) as refusal:
        plan(
            tmp_path,
            {"Odd": {"Type": "AWS::Odd::Thing"}},
            {"Lost": {"Type": "AWS::SNS::Topic", "Properties": {"Surprise": 1}}},
            {"Dangling": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Nobody"}}}},
            {"Cond": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::If": ["No", 1, 2]}}}},
            {"Magic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Transform": {}}}}},
            Outputs={"O": {"Value": {"Fn::GetAtt": ["Gone", "Arn"]}}},
        )
    said = str(refusal.value)
    for problem in (
        "Stack/Odd (AWS::Odd::Thing): the type is unknown",
        "Stack/Lost (AWS::SNS::Topic): the property Surprise would be lost",
        "Stack/Dangling (AWS::SNS::Topic): Ref 'Nobody' can't be resolved",
        "Condition 'No' can't be resolved",
        "unknown 'Fn::Transform'",
        "Stack/output O: Fn::GetAtt 'Gone'",
    ):
        assert problem in said


def test_resources_that_wait_for_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DeployRefused, match="wait for each other"):
        plan(tmp_path, topic("A", DependsOn=["B"]), topic("B", DependsOn=["A"]))


def test_the_function_behind_a_custom_resource_is_not_created(tmp_path: Path) -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Code": {}, "Role": "r"}}
    custom = {
        "Type": "Custom::S3AutoDeleteObjects",
        "Properties": {"ServiceToken": {"Fn::GetAtt": ["Provider", "Arn"]}},
    }
    made = plan(tmp_path, {"Provider": function, "Own": function, "Custom": custom})
    assert {i.logical_id for i in made[0].instructions if i.kind} == {"Own", "Custom"}


def test_stacks_come_in_order_and_only_those_that_are_needed(tmp_path: Path) -> None:
    needs = {"Lab": ["Zone"], "Zone": ["Base"], "Other": ["Base"]}
    folder = assembly(tmp_path, {name: {"Resources": {}} for name in ("Lab", "Other", "Zone", "Base")}, needs)
    assert [stack.name for stack in read_assembly(folder, ("Lab",))] == ["Base", "Zone", "Lab"]
    assert len(read_assembly(folder)) == 4
    with pytest.raises(DeployRefused, match="no stack Nobody; there are Base"):
        read_assembly(folder, ("Nobody",))


def test_an_output_of_another_stack_must_exist(tmp_path: Path) -> None:
    def templates(output: str) -> dict[str, Any]:
        value = {"Fn::GetStackOutput": {"StackName": "Base", "OutputName": output, "Region": "us-east-1"}}
        user = {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": value}}}
        return {"Lab": {"Resources": user}, "Base": {"Resources": {}, "Outputs": {"Is": {"Value": "x"}}}}

    folder = assembly(tmp_path, templates("Is"), {"Lab": ["Base"]})
    assert len(make_plan(read_assembly(folder), kinds=KINDS, place=PLACE)) == 2
    folder = assembly(tmp_path, templates("IsNot"), {"Lab": ["Base"]})
    with pytest.raises(DeployRefused, match="GetStackOutput"):
        make_plan(read_assembly(folder), kinds=KINDS, place=PLACE)


def test_a_folder_without_an_assembly_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeployRefused, match="synthesise first"):
        read_assembly(tmp_path)


SCOPE = Scope(
    stack="Stack",
    place=Place(account="123456789012", region="cn-north-1"),
    template={
        "Parameters": {"P": {"Default": "v"}, "Bare": {}},
        "Mappings": {"M": {"cn-north-1": {"k": "mapped"}}},
        "Conditions": {"Yes": {"Fn::Or": [{"Fn::Equals": ["a", "b"]}, {"Fn::Equals": ["a", "a"]}]}},
    },
    outputs={"Base": {"Out": "from base"}},
    exports={"Exported": "imported"},
    created={"R": Created(ref="ref-r", attributes={"Arn": "arn-r", "A.B": "deep"})},
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "R"}, "ref-r"),
        ({"Ref": "P"}, "v"),
        ({"Ref": "AWS::Partition"}, "aws-cn"),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com.cn"),
        ({"Fn::GetAtt": ["R", "Arn"]}, "arn-r"),
        ({"Fn::GetAtt": ["R", "A.B"]}, "deep"),
        ({"Fn::GetAtt": "R.A.B"}, "deep"),
        ({"Fn::Sub": "${AWS::Region}/${R}/${R.Arn}/${!left}"}, "cn-north-1/ref-r/arn-r/${left}"),
        ({"Fn::Sub": ["${x}-${P}", {"x": {"Ref": "R"}}]}, "ref-r-v"),
        ({"Fn::Join": [":", ["a", {"Ref": "P"}, 3]]}, "a:v:3"),
        ({"Fn::Select": [1, {"Fn::Split": [",", "a,b,c"]}]}, "b"),
        ({"Fn::If": ["Yes", "then", "else"]}, "then"),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}, {"b": [1]}),
        ({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "k"]}, "mapped"),
        ({"Fn::GetStackOutput": {"StackName": "Base", "OutputName": "Out"}}, "from base"),
        ({"Fn::ImportValue": "Exported"}, "imported"),
        ({"Fn::Base64": "a"}, "YQ=="),
        ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, "cn-north-1a"),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::ToJsonString": {"a": {"Ref": "P"}}}, '{"a": "v"}'),
    ],
)
def test_functions_resolve(value: Any, expected: Any) -> None:
    assert SCOPE.resolve(value) == expected


@pytest.mark.parametrize("value", [{"Ref": "Bare"}, {"Ref": "X"}, {"Fn::GetAtt": ["R", "Nope"]}, {"Fn::Odd": [1]}])
def test_what_cannot_be_resolved_is_refused(value: Any) -> None:
    with pytest.raises(DeployRefused):
        SCOPE.resolve(value)


def test_generated_names_are_stable_short_and_distinct() -> None:
    name = generated_name("NF1-DataZone", "SomeVeryLongLogicalIdentifierThatGoesOnAndOnAndOnForEver0A1B2C3D")
    assert name == generated_name("NF1-DataZone", "SomeVeryLongLogicalIdentifierThatGoesOnAndOnAndOnForEver0A1B2C3D")
    assert len(name) <= 64
    assert name != generated_name("NF1-DataZone", "SomeVeryLongLogicalIdentifierThatGoesOnAndOnAndOnForEver0A1B2C3E")
    assert generated_name("S", "Bucket", limit=63, lower=True).islower()


def test_a_type_is_either_run_or_passed_over_and_reasons_are_said() -> None:
    assert KINDS.keys() & NOT_EMULATED.keys() == set()
    assert all(len(reason) > 10 for reason in NOT_EMULATED.values())
    assert all(not (kind.applied & kind.ignored) for kind in KINDS.values())
