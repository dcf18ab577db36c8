"""What outlives its stack: outside dev data, keys and audit, and nothing else anywhere."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.loading import load_settings
from local_aws.deployer.changes import import_identifier, is_adoptable
from tests.infrastructure.conftest import synthesise

HOLDS_DATA = {"AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Glue::Database", "AWS::RedshiftServerless::Namespace"}
AUDIT_LOG = "vpc-flow"
HOLDS_WORDS = {"AWS::SQS::Queue", "AWS::Logs::LogGroup"}
"""Events of two weeks and logs of compute: they go with their stack, and outlive a replacement."""

Templates = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Templates]:
    found: dict[str, Templates] = {}

    def of(environment: str) -> Templates:
        if environment not in found:
            folder = synthesise(load_settings(environment=environment, environ={}), tmp_path_factory.mktemp("stacks"))
            found[environment] = stacks_of(folder)
        return found[environment]

    return of


def stacks_of(folder: Path) -> Templates:
    return {file.name.split(".")[0]: json.loads(file.read_text()) for file in folder.glob("*.template.json")}


def resources_of(templates: Templates) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{stack}/{one}", value) for stack, found in templates.items() for one, value in found["Resources"].items()
    ]


def must_outlive(resource: dict[str, Any]) -> bool:
    is_audit = resource["Type"] == "AWS::Logs::LogGroup" and AUDIT_LOG in resource["Properties"]["LogGroupName"]
    return resource["Type"] in HOLDS_DATA or is_audit


def test_in_prod_what_holds_data_outlives_deletion_and_replacement_and_nothing_else_does(
    templates: Callable[[str], Templates],
) -> None:
    found = resources_of(templates("prod"))
    assert {value["Type"] for _, value in found if must_outlive(value)} == {*HOLDS_DATA, "AWS::Logs::LogGroup"}
    for name, value in found:
        kept = must_outlive(value)
        assert value.get("DeletionPolicy", "Delete") == ("RetainExceptOnCreate" if kept else "Delete"), name
        holds = kept or value["Type"] in HOLDS_WORDS
        assert value.get("UpdateReplacePolicy", "Delete") == ("Retain" if holds else "Delete"), name


def test_in_dev_nothing_outlives_its_stack_and_full_buckets_are_emptied(templates: Callable[[str], Templates]) -> None:
    found = resources_of(templates("dev"))
    for name, value in found:
        assert value.get("DeletionPolicy", "Delete") == "Delete", name
        assert value.get("UpdateReplacePolicy", "Delete") == "Delete", name
    buckets = [value for _, value in found if value["Type"] == "AWS::S3::Bucket"]
    emptied = [value for _, value in found if value["Type"] == "Custom::S3AutoDeleteObjects"]
    assert len(emptied) == len(buckets) == 2


def test_what_outlives_its_stack_can_be_adopted_by_the_next_one(templates: Callable[[str], Templates]) -> None:
    for name, value in resources_of(templates("prod")):
        if must_outlive(value) and value["Type"] != "AWS::KMS::Key":
            assert is_adoptable(value["Type"], value["Properties"], value["DeletionPolicy"]), name
            # CloudFormation takes no function in the name of what it imports.
            assert all(isinstance(value["Properties"][part], str) for part in import_identifier(value["Type"])), name


def test_a_workgroup_that_ran_queries_can_be_deleted(templates: Callable[[str], Templates]) -> None:
    for environment in ("dev", "prod"):
        for _, value in resources_of(templates(environment)):
            if value["Type"] == "AWS::Athena::WorkGroup":
                assert value["Properties"]["RecursiveDeleteOption"] is True


def test_prod_is_protected_and_dev_is_not(tmp_path: Path) -> None:
    for environment, protected in (("prod", True), ("dev", False)):
        folder = synthesise(load_settings(environment=environment, environ={}), tmp_path / environment)
        artifacts = json.loads((folder / "manifest.json").read_text())["artifacts"].values()
        stacks = [one["properties"] for one in artifacts if one["type"] == "aws:cloudformation:stack"]
        assert {bool(stack.get("terminationProtection")) for stack in stacks} == {protected}
