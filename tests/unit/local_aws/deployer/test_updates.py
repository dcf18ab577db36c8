"""The second deploy of a changed template: what CloudFormation updates, replaces, refuses, removes and keeps."""

import json
from pathlib import Path
from typing import Any

import pytest

from local_aws.deployer.assembly.assembly import read_assembly
from local_aws.deployer.assembly.resource import DeployFailed, DeployRefused, Place
from local_aws.deployer.changes import Change, _rules, custom_name, is_adoptable, replacing
from local_aws.deployer.deploy import destroy_recorded
from local_aws.deployer.executor import Executor
from local_aws.deployer.kinds import KINDS
from local_aws.deployer.not_emulated import NOT_EMULATED
from local_aws.deployer.plan import make_plan
from local_aws.deployer.removal import Remover
from tests.unit.local_aws.deployer.memory_records import MemoryRecords

PLACE = Place(account="123456789012", region="us-east-1")
Templates = dict[str, dict[str, Any]]


class Nobody:
    """Clients of services that nobody calls: these tests deploy what is not emulated, or count calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, dict[str, Any]]] = []

    def __call__(self, service: str) -> "NobodysClient":
        return NobodysClient(self, service)


class NobodysClient:
    def __init__(self, owner: Nobody, service: str) -> None:
        self._owner, self._service = owner, service

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> dict[str, Any]:
            self._owner.calls.append((self._service, operation, parameters))
            return {}

        return call


class Account:
    """An account to deploy to again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.records, self.nobody = folder, MemoryRecords(), Nobody()
        self.said: list[str] = []

    def deploy(self, resources: dict[str, Any], *, protected: bool = False, **sections: Any) -> list[Change]:
        """One stack named Stack."""
        return self.deploy_all({"Stack": {"Resources": resources, **sections}}, protected=protected)

    def deploy_all(
        self, templates: Templates, needs: dict[str, list[str]] | None = None, *, protected: bool = False
    ) -> list[Change]:
        artifacts = {}
        for name, template in templates.items():
            (self.folder / f"{name}.json").write_text(json.dumps(template))
            artifacts[name] = {
                "type": "aws:cloudformation:stack",
                "properties": {"templateFile": f"{name}.json", "terminationProtection": protected},
                "dependencies": (needs or {}).get(name, []),
            }
        (self.folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
        executor = Executor(
            place=PLACE,
            client=self.nobody,
            records=self.records,
            progress=self.said.append,
            clock=lambda: 0.0,
            sleep=lambda _: None,
        )
        executor.perform(make_plan(read_assembly(self.folder), kinds=KINDS, place=PLACE))
        return executor.changes

    def destroy(self, *stacks: str, unprotect: bool = False) -> list[Change]:
        changes: list[Change] = []
        remover = Remover(place=PLACE, client=self.nobody, changes=changes, progress=self.said.append)
        destroy_recorded(self.records, remover, stacks=stacks or None, unprotect=unprotect)
        return changes

    def called(self, operation: str) -> list[dict[str, Any]]:
        return [parameters for _, name, parameters in self.nobody.calls if name == operation]


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def resource(kind: str, properties: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties, **attributes}


def job(name: str = "j", **properties: Any) -> dict[str, Any]:
    return resource("AWS::Glue::Job", {"Name": name, "Role": "r", "Command": {"Name": "glueetl"}, **properties})


def trigger(name: str, kind: str, workflow: str = "w") -> dict[str, Any]:
    return resource("AWS::Glue::Trigger", {"Name": name, "Type": kind, "WorkflowName": workflow, "Actions": []})


def done(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change.action, change.resource.removeprefix("Stack/")) for change in changes]


def test_the_same_template_again_calls_nobody(account: Account) -> None:
    assert done(account.deploy({"Job": job()})) == [("create", "Job")]
    before = len(account.nobody.calls)
    assert account.deploy({"Job": job()}) == []
    assert len(account.nobody.calls) == before


def test_a_property_that_may_change_is_updated_in_place(account: Account) -> None:
    account.deploy({"Job": job()})
    assert done(account.deploy({"Job": job(Timeout=7)})) == [("update", "Job")]
    assert account.called("update_job")[0]["JobUpdate"]["Timeout"] == 7
    assert account.called("delete_job") == []


def test_a_create_only_property_replaces_and_the_old_one_goes_last(account: Account) -> None:
    account.deploy({"Job": job("old"), "Later": job("later", Description={"Ref": "Job"})})
    changes = account.deploy({"Job": job("new"), "Later": job("later", Description={"Ref": "Job"})})
    assert done(changes) == [("replace", "Job"), ("update", "Later"), ("delete", "Job")]
    assert account.called("delete_job") == [{"JobName": "old"}]
    assert account.called("update_job")[-1]["JobUpdate"]["Description"] == "new"


def test_a_custom_named_resource_that_must_be_replaced_is_refused_and_nothing_is_changed(account: Account) -> None:
    first = {"Trigger": trigger("t", "SCHEDULED"), "Job": job()}
    account.deploy(first)
    before = len(account.nobody.calls)
    with pytest.raises(DeployRefused, match=r"Stack/Trigger .*Type can't change in place.*Rename t and update"):
        account.deploy({"Trigger": trigger("t", "ON_DEMAND"), "Job": job(Timeout=7)})
    assert len(account.nobody.calls) == before
    assert account.deploy(first) == []


def test_a_second_starting_trigger_is_refused_since_it_is_made_before_the_first_is_deleted(account: Account) -> None:
    account.deploy({"Trigger": trigger("old", "SCHEDULED")})
    with pytest.raises(DeployRefused, match="the one starting trigger of the workflow w is Trigger's until the end"):
        account.deploy({"Trigger": trigger("new", "ON_DEMAND")})
    with pytest.raises(DeployRefused, match="the one starting trigger of the workflow w is Trigger's until the end"):
        account.deploy({"Other": trigger("other", "ON_DEMAND")})


def test_a_logical_id_that_changes_while_the_name_stays_is_refused(account: Account) -> None:
    account.deploy({"Job": job("j")})
    with pytest.raises(DeployRefused, match="the name j of AWS::Glue::Job is Job's until the end"):
        account.deploy({"Renamed": job("j")})


def test_a_type_that_changes_under_a_logical_id_is_refused(account: Account) -> None:
    account.deploy({"One": job()})
    with pytest.raises(DeployRefused, match="Update of resource type is not permitted"):
        account.deploy({"One": resource("AWS::SNS::Topic", {"TopicName": "t"})})


SUBNET = {"VpcId": "vpc-1", "AvailabilityZone": "us-east-1a", "CidrBlock": "10.0.0.0/24"}


def test_what_is_not_emulated_is_replaced_and_its_users_hear_of_it(account: Account) -> None:
    user = resource("AWS::Glue::Job", {"Name": "j", "Role": "r", "Command": {}, "Description": {"Ref": "Subnet"}})
    account.deploy({"Subnet": resource("AWS::EC2::Subnet", SUBNET), "User": user})
    moved = {**SUBNET, "AvailabilityZone": "us-east-1b", "CidrBlock": "10.0.1.0/24"}
    changes = account.deploy({"Subnet": resource("AWS::EC2::Subnet", moved), "User": user})
    assert done(changes) == [("replace", "Subnet"), ("update", "User"), ("delete", "Subnet")]
    assert changes[0].why == "AvailabilityZone, CidrBlock can't change in place"


def test_a_subnet_that_moves_with_its_addresses_is_refused(account: Account) -> None:
    account.deploy({"Subnet": resource("AWS::EC2::Subnet", SUBNET)})
    moved = {**SUBNET, "AvailabilityZone": "us-east-1b"}
    with pytest.raises(DeployRefused, match=r"the block 10\.0\.0\.0/24 of vpc-1 is Subnet's until the end"):
        account.deploy({"Subnet": resource("AWS::EC2::Subnet", moved)})


def test_subnets_of_an_environment_cannot_change(account: Account) -> None:
    def environment(*subnets: str) -> dict[str, Any]:
        return {
            "Env": resource("AWS::MWAA::Environment", {"Name": "e", "NetworkConfiguration": {"SubnetIds": subnets}})
        }

    record = account.records.read("Stack")
    record.incarnation = 1
    with pytest.raises(KeyError):  # nobody answers whether it is ready; it is recorded all the same
        account.deploy(environment("subnet-1"))
    with pytest.raises(DeployRefused, match=r"NetworkConfiguration/SubnetIds can't change in place"):
        account.deploy(environment("subnet-2"))


def test_what_leaves_the_template_goes_youngest_first_unless_it_is_retained(account: Account) -> None:
    kept = resource("AWS::Logs::LogGroup", {"LogGroupName": "/kept"}, DeletionPolicy="Retain")
    account.deploy({"A": job("a"), "B": job("b", Description={"Ref": "A"}), "Kept": kept, "Stays": job("s")})
    changes = account.deploy({"Stays": job("s")})
    assert sorted(done(changes)) == [("delete", "A"), ("delete", "B"), ("retain", "Kept")]
    assert account.called("delete_job") == [{"JobName": "b"}, {"JobName": "a"}]
    assert account.called("delete_log_group") == []
    assert account.deploy({"Stays": job("s")}) == []


def test_a_replaced_resource_follows_its_update_replace_policy_not_its_deletion_policy(account: Account) -> None:
    def group(name: str) -> dict[str, Any]:
        policies = {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Retain"}
        return {"Group": resource("AWS::Logs::LogGroup", {"LogGroupName": name}, **policies)}

    account.deploy(group("/old"))
    changes = account.deploy(group("/new"))
    assert done(changes) == [("replace", "Group"), ("retain", "Group")]
    assert "/old stays (replaced, Retain)" in str(changes[-1])
    assert account.called("delete_log_group") == []


def test_generated_names_differ_from_replacement_to_replacement_and_after_a_new_start(account: Account) -> None:
    def topic(fifo: bool) -> dict[str, Any]:
        return {
            "Subnet": resource("AWS::EC2::Subnet", {**SUBNET, "CidrBlock": "10.0.1.0/24" if fifo else "10.0.0.0/24"})
        }

    refs = []
    for step in (False, True, False):
        account.deploy(topic(step))
        refs.append(account.records.read("Stack").resources["Subnet"].ref)
    account.destroy()
    account.deploy(topic(False))
    refs.append(account.records.read("Stack").resources["Subnet"].ref)
    assert len(set(refs)) == 4


def test_a_failed_deploy_is_remembered_and_goes_on(account: Account) -> None:
    bad = resource("AWS::IAM::Role", {"RoleName": "r", "AssumeRolePolicyDocument": {}})
    with pytest.raises(DeployFailed, match="Stack/Role"):  # nobody answers with a role
        account.deploy({"Job": job(), "Role": {**bad, "DependsOn": "Job"}})
    assert done(account.deploy({"Job": job()})) == []


def test_a_protected_stack_is_not_deleted_and_nothing_else_is(account: Account) -> None:
    account.deploy({"Job": job()}, protected=True)
    with pytest.raises(
        DeployRefused, match=r"Stack \[Stack\] cannot be deleted while TerminationProtection is enabled"
    ):
        account.destroy()
    assert account.called("delete_job") == []
    assert done(account.destroy(unprotect=True)) == [("delete", "Job")]
    assert account.records.names() == ()


def test_stacks_go_before_those_they_need_and_take_their_dependents_along(account: Account) -> None:
    templates = {name: {"Resources": {name: job(name.lower())}} for name in ("Base", "Zone", "Lab")}
    account.deploy_all(templates, {"Zone": ["Base"], "Lab": ["Zone"]})
    assert [change.resource for change in account.destroy("Zone")] == ["Lab/Lab", "Zone/Zone"]
    assert account.records.names() == ("Base",)
    with pytest.raises(DeployRefused, match="no stack Zone; there are Base"):
        account.destroy("Zone")


def test_the_order_of_a_change_does_not_matter_to_what_refers_to_the_replaced(account: Account) -> None:
    value = {"Fn::GetStackOutput": {"StackName": "Base", "OutputName": "Name", "Region": "us-east-1"}}

    def templates(name: str) -> Templates:
        base = {"Resources": {"Job": job(name)}, "Outputs": {"Name": {"Value": {"Ref": "Job"}}}}
        return {"Base": base, "Lab": {"Resources": {"User": job("user", Description=value)}}}

    account.deploy_all(templates("old"), {"Lab": ["Base"]})
    changes = account.deploy_all(templates("new"), {"Lab": ["Base"]})
    assert [str(change).split(":")[0] for change in changes] == [
        "replace Base/Job (AWS",
        "delete Base/Job (AWS",
        "update Lab/User (AWS",
    ]


def test_the_table_knows_every_type_that_the_deployer_knows() -> None:
    known = {name for name in (*KINDS, *NOT_EMULATED) if name.startswith("AWS::")}
    assert known == set(_rules()), "run tools/update_rules.py"


@pytest.mark.parametrize(
    ("kind", "properties", "name"),
    [
        ("AWS::Glue::Trigger", {"Name": "t", "WorkflowName": "w"}, "t"),
        ("AWS::S3::Bucket", {"BucketName": "b"}, "b"),
        ("AWS::Logs::LogGroup", {"LogGroupName": "/l"}, "/l"),
        ("AWS::Athena::WorkGroup", {"Name": "q"}, "q"),
        ("AWS::RedshiftServerless::Workgroup", {"WorkgroupName": "w", "NamespaceName": "n"}, "w"),
        ("AWS::Lambda::Permission", {"FunctionName": "f"}, None),
        ("AWS::EC2::Subnet", SUBNET, None),
        ("AWS::KMS::Key", {}, None),
    ],
)
def test_names_are_found_where_aws_has_them(kind: str, properties: dict[str, Any], name: str | None) -> None:
    assert custom_name(kind, properties) == name


def test_what_can_be_adopted_is_named_and_retained() -> None:
    assert is_adoptable("AWS::S3::Bucket", {"BucketName": "b"}, "RetainExceptOnCreate")
    assert not is_adoptable("AWS::S3::Bucket", {"BucketName": "b"}, "Delete")
    assert not is_adoptable("AWS::S3::Bucket", {}, "Retain")
    assert not is_adoptable("AWS::KMS::Key", {}, "Retain"), "its identifier is AWS's own; cdk import takes it"
    assert not is_adoptable("AWS::Glue::Database", {"DatabaseInput": {"Name": "d"}}, "Retain"), "name the DatabaseName"


def test_a_part_of_a_property_may_be_create_only() -> None:
    def network(subnets: str, groups: str) -> dict[str, Any]:
        return {"NetworkConfiguration": {"SubnetIds": [subnets], "SecurityGroupIds": [groups]}}

    assert replacing("AWS::MWAA::Environment", network("s", "g"), network("s", "h")) == ()
    assert replacing("AWS::MWAA::Environment", network("s", "g"), network("t", "g")) == (
        "NetworkConfiguration/SubnetIds",
    )
